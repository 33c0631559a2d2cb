package inbox

import (
	"bytes"
	"encoding/json"
	"slices"
)

// hiddenReason is why an act is not taken that names recipients in bto or bcc.
// Its server had to take them out (ActivityPub §6). What is announced is the
// activity as it came, since a signature may depend on each byte, so it would
// tell everybody.
const hiddenReason = "has hidden recipients"

// hasHidden reports whether a document names recipients that nobody may be told of.
func hasHidden(document []byte) bool {
	if !bytes.Contains(document, []byte("bto")) && !bytes.Contains(document, []byte("bcc")) && !bytes.Contains(document, []byte(`\u00`)) {
		return false // the last spells letters in another way
	}
	var v any
	return json.Unmarshal(document, &v) == nil && namesHidden(v)
}

func namesHidden(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, namesHidden)
	case map[string]any:
		for key, value := range v {
			if (key == "bto" || key == "bcc") && !isNobody(value) || namesHidden(value) {
				return true
			}
		}
	}
	return false
}

// isNobody: some servers write the fields and leave them empty.
func isNobody(v any) bool {
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}
