// Package activitypub knows what ActivityPub documents look like on the wire: it reads those of other servers, whatever
// shape they chose among the many that are in use, and writes ours in the one shape that all of them read.
//
// Reading is tolerant. A field of an unexpected JSON type counts as absent, null counts as absent, one value and an
// array of one are the same. Only what says who speaks (id, type, actor, attributedTo) is strict: a wrong type there
// is an error, since a guess there would be a hole. JSON-LD is not processed: @context is opaque, keys are read by
// their plain names with their exact case, and contexts are never fetched.
//
// Writing is exact: arrays stay arrays, absent values are left out and never null, times are UTC with 0, 3 or 6
// fractional digits. See [Encode].
//
// The package knows no database and makes no request; it holds no rule of the forum. Strings it returns are valid
// UTF-8 without NUL, and no longer than the Max constants say.
package activitypub

// Public is the collection that stands for everybody (ActivityPub §5.6). It is always written in full: several
// servers compare the text, and do not know the short forms as:Public and Public. The readers of this package replace
// the short forms by it.
const Public = "https://www.w3.org/ns/activitystreams#Public"

// Limits on what is kept of a document of another server. Longer IRIs, keys and times are dropped, since a part of
// them would mean something else; longer texts are cut at a character; of longer lists the first elements are kept.
const (
	MaxIRI         = 2048      // bytes of any id, link or address
	MaxName        = 2048      // bytes of a name, title, user name, media type
	MaxContent     = 256 << 10 // bytes of content, summary, source, alternative text
	MaxPEM         = 16 << 10  // bytes of a public key
	MaxTimeText    = 64        // bytes of a date and time
	MaxAddressees  = 1000      // entries of to, cc, audience
	MaxTags        = 500       // entries of tag
	MaxAttachments = 100       // entries of attachment, url, icon and image
	MaxLanguages   = 200       // entries of language, nameMap, contentMap
	MaxKeys        = 10        // public keys of an actor
	MaxAliases     = 256       // entries of alsoKnownAs
	MaxProperties  = 20        // lines of a profile
	MaxValue       = 4 << 10   // bytes of one of them
	MaxAuthors     = 50        // entries of attributedTo
)
