package media

import (
	"encoding/binary"
	"image"
	"strings"
)

// orientation is how a camera was held, as Exif counts it (CIPA DC-008, tag 0x0112).
type orientation uint16

const upright orientation = 1

// aside reports whether width and height change places.
func (o orientation) aside() bool { return o >= 5 }

// apply turns a picture upright. It is gone with the rest of the metadata, so the
// pixels have to say it.
func (o orientation) apply(p *image.RGBA) *image.RGBA {
	if o == upright {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if o.aside() {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			var to image.Point
			switch o {
			case 2:
				to = image.Pt(w-1-x, y)
			case 3:
				to = image.Pt(w-1-x, h-1-y)
			case 4:
				to = image.Pt(x, h-1-y)
			case 5:
				to = image.Pt(y, x)
			case 6:
				to = image.Pt(h-1-y, x)
			case 7:
				to = image.Pt(h-1-y, w-1-x)
			case 8:
				to = image.Pt(y, w-1-x)
			}
			out.SetRGBA(to.X, to.Y, p.RGBAAt(x, y))
		}
	}
	return out
}

// walked is what the segments of a JPEG say (ITU-T T.81, annex B).
type walked struct {
	turn        orientation
	progressive bool
	scans       int
}

// walkJPEG reads the segments of a JPEG up to where they make no sense.
func walkJPEG(raw []byte) walked {
	out := walked{turn: upright}
	for at := 2; at+4 <= len(raw); {
		if raw[at] != 0xff {
			at++ // coded pixels, or what a decoder skips
			continue
		}
		marker := raw[at+1]
		switch {
		case marker == 0xff:
			at++
			continue
		case marker == 0xd9: // the end
			return out
		case marker == 0, marker == 1, marker >= 0xd0 && marker <= 0xd8: // without a length
			at += 2
			continue
		}
		length := int(binary.BigEndian.Uint16(raw[at+2:]))
		if length < 2 || at+2+length > len(raw) {
			return out
		}
		body := raw[at+4 : at+2+length]
		switch marker {
		case 0xc2:
			out.progressive = true
		case 0xda:
			out.scans++
		case 0xe1:
			if turn := exifTurn(body); turn != 0 {
				out.turn = turn
			}
		}
		at += 2 + length
	}
	return out
}

// exifTurn finds the orientation in an Exif segment; 0 where it says none.
func exifTurn(body []byte) orientation {
	tiff, ok := strings.CutPrefix(string(body), "Exif\x00\x00")
	if !ok || len(tiff) < 8 {
		return 0
	}
	b := []byte(tiff)
	var order binary.ByteOrder = binary.BigEndian
	if strings.HasPrefix(tiff, "II") {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 0
	}
	entries := int64(order.Uint16(b[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(b)) {
			return 0
		}
		if order.Uint16(b[entry:]) == 0x0112 {
			if turn := orientation(order.Uint16(b[entry+8:])); turn >= 1 && turn <= 8 {
				return turn
			}
			return 0
		}
	}
	return 0
}
