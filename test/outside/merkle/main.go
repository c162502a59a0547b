// Checks that an entry of an audit proof is in its seal's tree, with code that is not Weir's.
//
// Reads the answer to GET /v1/audit/{request_id}/proof from standard input. Exits with 1 where the proof fails.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

type auditProof struct {
	Leaf uint64   `json:"leaf"`
	Hash string   `json:"hash"`
	Path []string `json:"path"`
	Seal struct {
		Entries uint64 `json:"entries"`
		Root    string `json:"root"`
	} `json:"seal"`
}

func main() {
	if err := verify(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify() error {
	var given auditProof
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	leaf, err := hex.DecodeString(given.Hash)
	if err != nil {
		return err
	}
	root, err := hex.DecodeString(given.Seal.Root)
	if err != nil {
		return err
	}
	path := make([][]byte, len(given.Path))
	for i, node := range given.Path {
		if path[i], err = hex.DecodeString(node); err != nil {
			return err
		}
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, given.Leaf, given.Seal.Entries, leaf, path, root)
}
