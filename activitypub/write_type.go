package activitypub

// Every document writes its type by itself: the field Type of each holds no data and always encodes as the name.
type (
	applicationType           struct{}
	groupType                 struct{}
	personType                struct{}
	pageType                  struct{}
	noteType                  struct{}
	createType                struct{}
	announceType              struct{}
	acceptType                struct{}
	rejectType                struct{}
	followType                struct{}
	likeType                  struct{}
	dislikeType               struct{}
	undoType                  struct{}
	deleteType                struct{}
	updateType                struct{}
	addType                   struct{}
	removeType                struct{}
	lockType                  struct{}
	blockType                 struct{}
	flagType                  struct{}
	tombstoneType             struct{}
	collectionType            struct{}
	orderedCollectionType     struct{}
	collectionPageType        struct{}
	orderedCollectionPageType struct{}
	imageType                 struct{}
	linkType                  struct{}
	mentionType               struct{}
	hashtagType               struct{}
)

func (applicationType) MarshalText() ([]byte, error)       { return []byte("Application"), nil }
func (groupType) MarshalText() ([]byte, error)             { return []byte("Group"), nil }
func (personType) MarshalText() ([]byte, error)            { return []byte("Person"), nil }
func (pageType) MarshalText() ([]byte, error)              { return []byte("Page"), nil }
func (noteType) MarshalText() ([]byte, error)              { return []byte("Note"), nil }
func (createType) MarshalText() ([]byte, error)            { return []byte("Create"), nil }
func (announceType) MarshalText() ([]byte, error)          { return []byte("Announce"), nil }
func (acceptType) MarshalText() ([]byte, error)            { return []byte("Accept"), nil }
func (rejectType) MarshalText() ([]byte, error)            { return []byte("Reject"), nil }
func (followType) MarshalText() ([]byte, error)            { return []byte("Follow"), nil }
func (likeType) MarshalText() ([]byte, error)              { return []byte("Like"), nil }
func (dislikeType) MarshalText() ([]byte, error)           { return []byte("Dislike"), nil }
func (undoType) MarshalText() ([]byte, error)              { return []byte("Undo"), nil }
func (deleteType) MarshalText() ([]byte, error)            { return []byte("Delete"), nil }
func (updateType) MarshalText() ([]byte, error)            { return []byte("Update"), nil }
func (addType) MarshalText() ([]byte, error)               { return []byte("Add"), nil }
func (removeType) MarshalText() ([]byte, error)            { return []byte("Remove"), nil }
func (lockType) MarshalText() ([]byte, error)              { return []byte("Lock"), nil }
func (blockType) MarshalText() ([]byte, error)             { return []byte("Block"), nil }
func (flagType) MarshalText() ([]byte, error)              { return []byte("Flag"), nil }
func (tombstoneType) MarshalText() ([]byte, error)         { return []byte("Tombstone"), nil }
func (collectionType) MarshalText() ([]byte, error)        { return []byte("Collection"), nil }
func (orderedCollectionType) MarshalText() ([]byte, error) { return []byte("OrderedCollection"), nil }
func (collectionPageType) MarshalText() ([]byte, error)    { return []byte("CollectionPage"), nil }
func (orderedCollectionPageType) MarshalText() ([]byte, error) {
	return []byte("OrderedCollectionPage"), nil
}
func (imageType) MarshalText() ([]byte, error)   { return []byte("Image"), nil }
func (linkType) MarshalText() ([]byte, error)    { return []byte("Link"), nil }
func (mentionType) MarshalText() ([]byte, error) { return []byte("Mention"), nil }
func (hashtagType) MarshalText() ([]byte, error) { return []byte("Hashtag"), nil }
