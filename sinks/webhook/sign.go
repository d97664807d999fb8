package webhook

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

type signBlock struct {
	Kind  string    `hcl:"kind,label"`
	At    hcl.Range `hcl:"kind,label_range"`
	Range hcl.Range `hcl:",def_range"`
	Body  hcl.Body  `hcl:",remain"`
}

// signKinds are the labels of sign blocks, in the order in which they sign: "standard" before "ed25519",
// because some verifiers read only the start of the line that these two write.
func signKinds() []string { return []string{"standard", "ed25519", "github", "stripe", "http_message"} }

// readSigners takes what signs a request.
func readSigners(r *setting.Reader, given attributes, missing hcl.Range) []signature.Signer {
	checkSigned(r, given, missing)
	first := map[string]bool{}
	var signers []signature.Signer
	if setting.Given(given.Secret) {
		first["standard"] = true
		signers = append(signers, signature.Standard(readKeys(r, standardForm(), given.Secret, nil)))
	}
	for _, block := range given.Sign {
		if checkKind(r, block, first) {
			signers = append(signers, readSigner(r, block))
		}
	}
	slices.SortStableFunc(signers, func(a, b signature.Signer) int {
		return cmp.Compare(slices.Index(signKinds(), a.Scheme()), slices.Index(signKinds(), b.Scheme()))
	})
	return signers
}

// checkSigned wants a webhook that is either signed or, in so many words, not.
func checkSigned(r *setting.Reader, given attributes, missing hcl.Range) {
	unsigned := r.Bool(given.Unsigned, false)
	signed := setting.Given(given.Secret) || len(given.Sign) > 0
	switch {
	case signed && unsigned:
		r.Fail(given.Unsigned, "Signed and unsigned", "Take out either unsigned or what signs.")
	case !signed && !unsigned:
		r.Report(setting.Wrong(missing, "Unsigned webhook", "A receiver cannot tell who sent a request "+
			"that is not signed. Give a secret (make one with `hookbridge secret new`), or unsigned = true "+
			"if the URL itself is the secret."))
	}
}

// checkKind refuses kinds that are not known, and the second block of a kind.
func checkKind(r *setting.Reader, block signBlock, first map[string]bool) bool {
	switch {
	case !slices.Contains(signKinds(), block.Kind):
		r.Report(setting.Wrong(block.At, "Unknown signature", "A webhook signs as \"standard\", \"ed25519\", \"github\", "+
			"\"stripe\" or \"http_message\", not as %q.%s", block.Kind, setting.Suggest(block.Kind, signKinds())))
		return false
	case first[block.Kind] && block.Kind == "standard":
		r.Report(setting.Wrong(block.Range, "Two secrets", "The newest secret is given once, as secret or in one "+
			`block sign "standard"; older ones that still sign while rotating stand in its list "previous".`))
		return false
	case first[block.Kind]:
		r.Report(setting.Wrong(block.Range, "Two signatures of a kind", "A request has one signature of each kind: "+
			"keep one block sign %q.%s", block.Kind, whileRotating(block.Kind)))
		return false
	}
	first[block.Kind] = true
	return true
}

func whileRotating(kind string) string {
	if kind == "ed25519" || kind == "stripe" {
		return ` Older keys that still sign while rotating stand in its list "previous".`
	}
	return ""
}

// readSigner reads the rest of a block. One that has mistakes signs nothing, since the sink is not built.
func readSigner(r *setting.Reader, block signBlock) signature.Signer {
	switch block.Kind {
	case "standard":
		b := decode[rotatingSecret](r, block)
		return signature.Standard(readKeys(r, standardForm(), b.Secret, b.Previous))
	case "ed25519":
		b := decode[rotatingKey](r, block)
		return signature.Ed25519(readKeys(r, privateForm(), b.Key, b.Previous))
	case "github":
		return signature.GitHub{Key: readKey(r, textForm(), decode[onlySecret](r, block).Secret)}
	case "stripe":
		b := decode[rotatingSecret](r, block)
		return signature.Stripe(readKeys(r, textForm(), b.Secret, b.Previous))
	}
	return readMessage(r, decode[messageKey](r, block), block.Range)
}
