package activitypub

// readFace reads the fields that say how the actor looks. It reports whether name is one of them.
func (a *Actor) readFace(name string, value []byte) bool {
	switch name {
	case "preferredUsername":
		a.PreferredUsername = readText(value, MaxName)
	case "name":
		a.Name = readText(value, MaxName)
	case "summary":
		a.Summary = readText(value, MaxContent)
	case "description":
		a.Description = readText(value, MaxName)
	case "content":
		a.Content = readText(value, MaxContent)
	case "source":
		a.Source = readSource(value)
	case "icon":
		a.Icon = readImage(value)
	case "image":
		a.Image = readImage(value)
	case "url":
		a.URL = bestPage(readLinks(value))
	case "published":
		a.Published = readTime(value)
	case "updated":
		a.Updated = readTime(value)
	case "attachment":
		a.Properties = readPropertyValues(value)
	case "language":
		a.Languages = readLanguages(value)
	case "tag":
		a.Tag = readTags(value)
	default:
		return false
	}
	return true
}

// readPlace reads the fields that are addresses.
func (a *Actor) readPlace(name string, value []byte) bool {
	switch name {
	case "inbox":
		a.Inbox = readID(value)
	case "outbox":
		a.Outbox = readID(value)
	case "followers":
		a.Followers = readID(value)
	case "following":
		a.Following = readID(value)
	case "featured":
		a.Featured = readID(value)
	case "moderators":
		a.Moderators = readID(value)
	case "endpoints":
		a.SharedInbox = readID(field(value, "sharedInbox"))
	case "publicKey":
		a.Keys = readKeys(value)
	case "assertionMethod":
		a.Asserts = readMultikeys(value)
	case "alsoKnownAs":
		a.AlsoKnownAs = readIDs(value, MaxAliases)
	case "movedTo":
		a.MovedTo = readID(value)
	default:
		return false
	}
	return true
}

// readRule reads the fields that say what others may do.
func (a *Actor) readRule(name string, value []byte) {
	switch name {
	case "manuallyApprovesFollowers":
		a.ManuallyApprovesFollowers = readBool(value)
	case "discoverable":
		a.Discoverable = readFlag(value)
	case "indexable":
		a.Indexable = readFlag(value)
	case "sensitive":
		a.Sensitive = readBool(value)
	case "postingRestrictedToMods":
		a.PostingRestrictedToMods = readBool(value)
	}
}

// readPropertyValues reads the lines of a profile, and passes over all else that hangs on an actor.
func readPropertyValues(raw []byte) []PropertyValue {
	var all []PropertyValue
	eachItem(raw, func(value []byte) bool {
		var p PropertyValue
		is := false
		eachField(value, func(key, value []byte) {
			switch string(key) {
			case "type":
				kind, _ := readString(value)
				is = kind == "PropertyValue"
			case "name":
				p.Name = readText(value, MaxName)
			case "value":
				p.Value = readText(value, MaxValue)
			}
		})
		if is && p.Value != "" {
			all = append(all, p)
		}
		return len(all) < MaxProperties
	})
	return all
}

// A PublicKey is a key as the security vocabulary has it: SPKI in PEM.
type PublicKey struct {
	ID    string `json:"id"`
	Owner string `json:"owner"`
	PEM   string `json:"publicKeyPem"`
}

// readKeys reads publicKey: an object, an IRI, or an array of these.
func readKeys(raw []byte) []PublicKey {
	var keys []PublicKey
	eachItem(raw, func(value []byte) bool {
		k := PublicKey{ID: readIRI(value)}
		eachField(value, func(key, value []byte) {
			switch string(key) {
			case "id":
				k.ID = readIRI(value)
			case "owner":
				k.Owner = readID(value)
			case "publicKeyPem":
				if pem, _ := readString(value); len(pem) <= MaxPEM {
					k.PEM = pem
				}
			}
		})
		if k.ID != "" {
			keys = append(keys, k)
		}
		return len(keys) < MaxKeys
	})
	return keys
}

// A Multikey is a public key as FEP-521a has it. Key is its publicKeyMultibase, not looked into.
type Multikey struct {
	Type       multikeyType `json:"type"`
	ID         string       `json:"id"`
	Controller string       `json:"controller"`
	Key        string       `json:"publicKeyMultibase"`
}

// readMultikeys reads assertionMethod. Keys said by their id alone are left out, and so are those that expire: a key
// that is kept would have to be forgotten at that moment.
func readMultikeys(raw []byte) []Multikey {
	var keys []Multikey
	eachItem(raw, func(value []byte) bool {
		var k Multikey
		is, expires := false, false
		eachField(value, func(key, value []byte) {
			switch string(key) {
			case "type":
				eachItem(value, func(one []byte) bool {
					kind, _ := readString(one)
					is = is || kind == "Multikey"
					return !is
				})
			case "id":
				k.ID = readIRI(value)
			case "controller":
				k.Controller = readIRI(value)
			case "publicKeyMultibase":
				if text, _ := readString(value); len(text) <= MaxName {
					k.Key = text
				}
			case "expires", "revoked":
				expires = true
			}
		})
		if is && !expires && k.ID != "" && k.Controller != "" && k.Key != "" {
			keys = append(keys, k)
		}
		return len(keys) < MaxKeys
	})
	return keys
}

// readPostTags finds the tags with which posts of a Group are marked: Lemmy 1.0 has them in tag, PieFed under a name of
// its own.
func (a *Actor) readPostTags() {
	for _, t := range a.Tag {
		if t.Type == "CommunityPostTag" {
			a.PostTags = append(a.PostTags, t)
		}
	}
	if len(a.PostTags) > 0 {
		return
	}
	for _, t := range readTags(a.Field("lemmy:tagsForPosts")) {
		if IsPostTag(t.Type) {
			a.PostTags = append(a.PostTags, t)
		}
	}
}

// IsPostTag reports whether a tag of that type is one that a community has for posts.
func IsPostTag(kind string) bool { return kind == "CommunityPostTag" || kind == "lemmy:CommunityTag" }
