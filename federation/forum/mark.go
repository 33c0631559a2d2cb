package forum

// Marks are what one person did to the posts and comments of a page.
type Marks struct {
	Votes map[Subject]int // 1 up, -1 down
	Saved map[Subject]bool
	Read  map[int64]ReadMark // by post
}

// ReadMark is how somebody left a thread when they last opened it.
type ReadMark struct {
	Last     int64 // the newest comment that was there
	Comments int   // how many there were
}

// Fresh is how many comments have come since.
func (m ReadMark) Fresh(now int) int { return max(0, now-m.Comments) }
