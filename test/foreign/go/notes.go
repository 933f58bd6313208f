package main

import (
	"crypto/rand"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

const cosignature = "cosignature/v1"

// verifierOf knows plain notes from golang.org/x/mod, the library that the format comes from, and cosignatures from
// transparency-dev/formats.
func verifierOf(vkey, algorithm string) (note.Verifier, error) {
	if algorithm == cosignature {
		return fnote.NewVerifierForCosignatureV1(vkey)
	}
	return note.NewVerifier(vkey)
}

type openNoteRequest struct {
	Note      string
	Vkey      string
	Algorithm string
}

type openNoteAnswer struct {
	Text string `json:"text"`
	// POSIX seconds, where the key makes cosignatures.
	Time int64 `json:"time,omitempty"`
	// Signature lines of other keys.
	Unverified int `json:"unverified"`
}

func openNote(q openNoteRequest) (openNoteAnswer, error) {
	verifier, err := verifierOf(q.Vkey, q.Algorithm)
	if err != nil {
		return openNoteAnswer{}, err
	}
	n, err := note.Open([]byte(q.Note), note.VerifierList(verifier))
	if err != nil {
		return openNoteAnswer{}, err
	}
	a := openNoteAnswer{Text: n.Text, Unverified: len(n.UnverifiedSigs)}
	if q.Algorithm == cosignature {
		t, err := fnote.CoSigV1Timestamp(n.Sigs[0])
		if err != nil {
			return openNoteAnswer{}, err
		}
		a.Time = t.Unix()
	}
	return a, nil
}

type signNoteRequest struct {
	Name string
	Text string
	// Adds a cosignature/v1 line by the same key; the text must be a checkpoint then.
	Cosign bool
}

type signNoteAnswer struct {
	Note string `json:"note"`
	// The key of the plain signature, and the same as a key of cosignatures.
	Vkey       string `json:"vkey"`
	CosignVkey string `json:"cosignVkey"`
}

// signNote signs with a new key.
func signNote(q signNoteRequest) (signNoteAnswer, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, q.Name)
	if err != nil {
		return signNoteAnswer{}, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return signNoteAnswer{}, err
	}
	signers := []note.Signer{signer}
	if q.Cosign {
		cosigner, err := fnote.NewSignerForCosignatureV1(skey)
		if err != nil {
			return signNoteAnswer{}, err
		}
		signers = append(signers, cosigner)
	}
	signed, err := note.Sign(&note.Note{Text: q.Text}, signers...)
	if err != nil {
		return signNoteAnswer{}, err
	}
	cosignVkey, err := fnote.VKeyToCosignatureV1(vkey)
	return signNoteAnswer{string(signed), vkey, cosignVkey}, err
}
