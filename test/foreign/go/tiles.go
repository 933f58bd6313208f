package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Height of C2SP tlog-tiles, which leave it out of their paths.
const tileHeight = 8

// tileReader reads tiles over HTTP. tlog checks each against the tree's hash before it uses it.
type tileReader struct{ url string }

func (r tileReader) Height() int                     { return tileHeight }
func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		bytes, err := get(r.url + "/" + path)
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}

func get(url string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s for %s", response.Status, url)
	}
	return io.ReadAll(response.Body)
}

type readTilesRequest struct {
	URL, Vkey string
	// Pairs of leaf index and tree size, and of older and newer tree size, to prove from the tiles.
	Inclusion, Consistency [][2]int64
}

type readTilesAnswer struct {
	Size  int64 `json:"size"`
	Tiles int   `json:"tiles"`
	// The proofs that the tiles lead to.
	Inclusion   [][]hexBytes `json:"inclusion"`
	Consistency [][]hexBytes `json:"consistency"`
	LeafHashes  []hexBytes   `json:"leafHashes"`
}

// readTiles opens the log's newest checkpoint, reads every tile of that tree, and proves from tiles what is asked.
func readTiles(q readTilesRequest) (readTilesAnswer, error) {
	var a readTilesAnswer
	head, err := openHead(q.URL, q.Vkey)
	if err != nil {
		return a, err
	}
	a.Size = head.N
	tiles := tileReader{q.URL}
	hashes := tlog.TileHashReader(head, tiles)
	for _, tile := range tlog.NewTiles(tileHeight, 0, head.N) {
		served, err := tiles.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return a, err
		}
		proven, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return a, err
		}
		if string(served[0]) != string(proven) {
			return a, fmt.Errorf("%s is not what the tree's hash says", tile.Path())
		}
		a.Tiles++
	}
	for _, pair := range q.Inclusion {
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, pair[0])})
		if err != nil {
			return a, err
		}
		path, err := tlog.ProveRecord(pair[1], pair[0], hashes)
		if err != nil {
			return a, err
		}
		root, err := tlog.TreeHash(pair[1], hashes)
		if err != nil {
			return a, err
		}
		if err := tlog.CheckRecord(path, pair[1], root, pair[0], leaf[0]); err != nil {
			return a, err
		}
		a.LeafHashes = append(a.LeafHashes, leaf[0][:])
		a.Inclusion = append(a.Inclusion, hexHashes(path))
	}
	for _, pair := range q.Consistency {
		path, err := tlog.ProveTree(pair[1], pair[0], hashes)
		if err != nil {
			return a, err
		}
		a.Consistency = append(a.Consistency, hexHashes(path))
	}
	return a, nil
}

func openHead(url, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	signed, err := get(url + "/checkpoint")
	if err != nil {
		return tlog.Tree{}, err
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 3 {
		return tlog.Tree{}, fmt.Errorf("a checkpoint of %d lines", len(lines))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("the root is not a hash")
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

func hexHashes(hashes []tlog.Hash) []hexBytes {
	list := make([]hexBytes, len(hashes))
	for i, h := range hashes {
		list[i] = h[:]
	}
	return list
}
