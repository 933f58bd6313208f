// Command judge answers questions about transparency logs with the libraries of the Go ecosystem, so that tests
// written in another language can compare. It reads one JSON object a line and writes one a line:
//
//	{"do": "inclusion", "index": 3, "size": 8, …}  →  {} or {"error": "…"}
//
// Byte strings are hexadecimal, tree sizes and indexes are numbers.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// An answerer reads its request and returns what is to be answered.
type answerer func(request []byte) (any, error)

var answerers = map[string]answerer{
	"openNote":         answer(openNote),
	"signNote":         answer(signNote),
	"inclusion":        answer(verifyInclusion),
	"consistency":      answer(verifyConsistency),
	"tlogProof":        answer(verifyTlogProof),
	"proveInclusion":   answer(proveInclusion),
	"proveConsistency": answer(proveConsistency),
	"readTiles":        answer(readTiles),
}

// answer adapts a function of one request type.
func answer[Q, A any](f func(Q) (A, error)) answerer {
	return func(request []byte) (any, error) {
		var q Q
		if err := json.Unmarshal(request, &q); err != nil {
			return nil, err
		}
		return f(q)
	}
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	requests := json.NewDecoder(in)
	answers := json.NewEncoder(out)
	for {
		var request json.RawMessage
		if err := requests.Decode(&request); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var named struct{ Do string }
		if err := json.Unmarshal(request, &named); err != nil {
			return err
		}
		f, known := answerers[named.Do]
		if !known {
			return fmt.Errorf("nothing here does %q", named.Do)
		}
		a, err := f(request)
		if err != nil {
			a = map[string]string{"error": err.Error()}
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}
