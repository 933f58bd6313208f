package main

import "encoding/hex"

// hexBytes is a byte string, hexadecimal in JSON.
type hexBytes []byte

func (b hexBytes) MarshalText() ([]byte, error) {
	return []byte(hex.EncodeToString(b)), nil
}

func (b *hexBytes) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	*b = decoded
	return err
}

func toSlices(hashes []hexBytes) [][]byte {
	slices := make([][]byte, len(hashes))
	for i, h := range hashes {
		slices[i] = h
	}
	return slices
}

func fromSlices(slices [][]byte) []hexBytes {
	hashes := make([]hexBytes, len(slices))
	for i, s := range slices {
		hashes[i] = s
	}
	return hashes
}
