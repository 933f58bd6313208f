package main

import (
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// BenchmarkAppendGiven appends leaf hashes that are there already: the module's own BenchmarkAppend makes them too.
func BenchmarkAppendGiven(b *testing.B) {
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree := factory.NewEmptyRange(0)
	leafHash := rfc6962.DefaultHasher.HashLeaf([]byte("leaf"))
	for i := 0; i < b.N; i++ {
		if err := tree.Append(leafHash, nil); err != nil {
			b.Fatal(err)
		}
	}
}
