package activitypub

// readAttribution reads attributedTo: one IRI or embedded actor, or an array of these. What is of type Group goes to
// groups. A number here was once taken for the row of a local user by another server, so any other type is an error.
func readAttribution(raw []byte) (authors, groups []string, err error) {
	if len(raw) == 0 {
		return nil, nil, nil
	}
	n := 0
	eachItem(raw, func(value []byte) bool {
		if n++; n > MaxAuthors {
			return false
		}
		var id, kind string
		if value[0] == '{' {
			idRaw := field(value, "id")
			if idRaw == nil {
				err = &FieldError{Kind: KindWrongType, Field: "attributedTo"}
				return false
			}
			kind, _ = readType(field(value, "type")) // without a type it is an author
			value = idRaw
		}
		if id, err = strictIRI(value, "attributedTo"); err != nil {
			return false
		}
		if kind == "Group" {
			groups = append(groups, id)
		} else {
			authors = append(authors, id)
		}
		return true
	})
	if err != nil {
		return nil, nil, err
	}
	return authors, groups, nil
}
