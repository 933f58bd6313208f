package main

import (
	"bytes"

	"github.com/transparency-dev/formats/log"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

type nothing struct{}

type inclusionRequest struct {
	Index, Size    uint64
	LeafHash, Root hexBytes
	Hashes         []hexBytes
}

func verifyInclusion(q inclusionRequest) (nothing, error) {
	return nothing{}, proof.VerifyInclusion(rfc6962.DefaultHasher, q.Index, q.Size, q.LeafHash, toSlices(q.Hashes), q.Root)
}

type consistencyRequest struct {
	First, Second         uint64
	FirstRoot, SecondRoot hexBytes
	Hashes                []hexBytes
}

func verifyConsistency(q consistencyRequest) (nothing, error) {
	return nothing{}, proof.VerifyConsistency(rfc6962.DefaultHasher, q.First, q.Second, toSlices(q.Hashes), q.FirstRoot, q.SecondRoot)
}

type tlogProofRequest struct {
	File     string
	LeafHash hexBytes
	Vkey     string
}

type tlogProofAnswer struct {
	Index uint64 `json:"index"`
	Size  uint64 `json:"size"`
	// What the library writes for what it has read is what it was given.
	Canonical bool `json:"canonical"`
}

// verifyTlogProof checks a .tlog-proof file as its reader would: form, checkpoint, inclusion.
func verifyTlogProof(q tlogProofRequest) (tlogProofAnswer, error) {
	var p fproof.TLogProof
	if err := p.Unmarshal([]byte(q.File)); err != nil {
		return tlogProofAnswer{}, err
	}
	verifier, err := note.NewVerifier(q.Vkey)
	if err != nil {
		return tlogProofAnswer{}, err
	}
	checkpoint, _, _, err := log.ParseCheckpoint(p.Checkpoint, verifier.Name(), verifier)
	if err != nil {
		return tlogProofAnswer{}, err
	}
	hashes := make([][]byte, len(p.Hashes))
	for i := range p.Hashes {
		hashes[i] = p.Hashes[i][:]
	}
	err = proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, checkpoint.Size, q.LeafHash, hashes, checkpoint.Hash)
	canonical := bytes.Equal(p.Marshal(), []byte(q.File))
	return tlogProofAnswer{Index: p.Index, Size: checkpoint.Size, Canonical: canonical}, err
}
