package main

import (
	"crypto/sha256"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// sparseTree is a tree of any size that is computed instead of stored: a perfect subtree that no cut runs through has
// the hash SHA-256("level/index"), and one that a cut runs through is made of its two halves. Cuts lie before and
// after the leaf, or after the older tree, that a proof is about. test/foreign/sparse-tree.ts makes the same tree.
type sparseTree struct{ cuts []uint64 }

func (t sparseTree) node(id compact.NodeID) []byte {
	start, end := id.Index<<id.Level, (id.Index+1)<<id.Level
	for _, cut := range t.cuts {
		if start < cut && cut < end {
			left := compact.NewNodeID(id.Level-1, 2*id.Index)
			right := compact.NewNodeID(id.Level-1, 2*id.Index+1)
			return rfc6962.DefaultHasher.HashChildren(t.node(left), t.node(right))
		}
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%d/%d", id.Level, id.Index))
	return hash[:]
}

func (t sparseTree) nodes(ids []compact.NodeID) [][]byte {
	hashes := make([][]byte, len(ids))
	for i, id := range ids {
		hashes[i] = t.node(id)
	}
	return hashes
}

func (t sparseTree) root(size uint64) []byte {
	peaks := t.nodes(compact.RangeNodes(0, size, nil))
	root := peaks[len(peaks)-1]
	for i := len(peaks) - 2; i >= 0; i-- {
		root = rfc6962.DefaultHasher.HashChildren(peaks[i], root)
	}
	return root
}

func (t sparseTree) prove(plan proof.Nodes, err error) ([]hexBytes, error) {
	if err != nil {
		return nil, err
	}
	hashes, err := plan.Rehash(t.nodes(plan.IDs), rfc6962.DefaultHasher.HashChildren)
	return fromSlices(hashes), err
}

type proveInclusionRequest struct{ Index, Size uint64 }

type proveInclusionAnswer struct {
	LeafHash hexBytes   `json:"leafHash"`
	Root     hexBytes   `json:"root"`
	Hashes   []hexBytes `json:"hashes"`
}

func proveInclusion(q proveInclusionRequest) (proveInclusionAnswer, error) {
	t := sparseTree{[]uint64{q.Index, q.Index + 1}}
	hashes, err := t.prove(proof.Inclusion(q.Index, q.Size))
	return proveInclusionAnswer{t.node(compact.NewNodeID(0, q.Index)), t.root(q.Size), hashes}, err
}

type proveConsistencyRequest struct{ First, Second uint64 }

type proveConsistencyAnswer struct {
	FirstRoot  hexBytes   `json:"firstRoot"`
	SecondRoot hexBytes   `json:"secondRoot"`
	Hashes     []hexBytes `json:"hashes"`
}

func proveConsistency(q proveConsistencyRequest) (proveConsistencyAnswer, error) {
	t := sparseTree{[]uint64{q.First}}
	hashes, err := t.prove(proof.Consistency(q.First, q.Second))
	return proveConsistencyAnswer{t.root(q.First), t.root(q.Second), hashes}, err
}
