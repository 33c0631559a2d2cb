package media

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"
)

// quality of the JPEGs that are written: no loss that a reader sees.
const quality = 84

// bounds of each size, in pixels.
var bounds = map[Size]image.Point{
	Avatar: {96, 96},
	Thumb:  {320, 320},
	sign:   {128, 128},
	Whole:  {1472, 8192},
}

// Picture is a picture that was decoded.
type Picture struct {
	pixels   image.Image
	turn     orientation
	lossless bool // it came in a format that keeps edges sharp
}

// Decode reads a JPEG, PNG, GIF (its first frame) or WebP, told by its first bytes
// and by nothing that anybody says of it. Errors are of type *Error. It takes 200
// MB of memory at most, so callers decode one at a time.
func Decode(raw []byte) (*Picture, error) {
	if len(raw) > MaxBytes {
		return nil, fail(TooLarge, "%d bytes", len(raw))
	}
	f := formatOf(raw)
	if f == nil {
		return nil, fail(Unknown, "not a JPEG, PNG, GIF or WebP")
	}
	p := &Picture{turn: upright, lossless: f.lossless}
	factor := int64(1)
	if f.name == "JPEG" {
		j := walkJPEG(raw)
		if j.scans > maxScans {
			return nil, fail(TooLarge, "a JPEG of %d scans", j.scans)
		}
		if j.progressive {
			factor = 5 // coefficients of four bytes beside each byte of the pixels
		}
		p.turn = j.turn
	}
	c, err := f.config(bytes.NewReader(raw))
	if err != nil {
		return nil, fail(Broken, "%s: %v", f.name, err)
	}
	switch w, h := int64(c.Width), int64(c.Height); {
	case w <= 0 || h <= 0:
		return nil, fail(Broken, "%d × %d pixels", w, h)
	case w > maxSide || h > maxSide || w*h > MaxPixels || w*h*factor*bytesOf(c.ColorModel) > maxMemory:
		return nil, fail(TooLarge, "%d × %d pixels", w, h)
	}
	if p.pixels, err = f.decode(bytes.NewReader(raw)); err != nil {
		return nil, fail(Broken, "%s: %v", f.name, err)
	}
	if b := p.pixels.Bounds(); b.Empty() || int64(b.Dx())*int64(b.Dy()) > MaxPixels {
		return nil, fail(Broken, "%v", b)
	}
	return p, nil
}

// Made is a picture as it is kept and shown.
type Made struct {
	Bytes         []byte
	Type          string // JPEG or PNG
	Width, Height int
}

// Make writes the picture anew in a size.
func (p *Picture) Make(size Size) (Made, error) {
	b := p.pixels.Bounds()
	within := bounds[size]
	if size == Avatar {
		side := min(b.Dx(), b.Dy())
		at := b.Min.Add(image.Pt((b.Dx()-side)/2, (b.Dy()-side)/2))
		b = image.Rectangle{at, at.Add(image.Pt(side, side))}
	}
	if p.turn.aside() {
		within = image.Pt(within.Y, within.X)
	}
	out := p.turn.apply(shrink(p.pixels, b, fit(b.Size(), within)))
	m := Made{Width: out.Rect.Dx(), Height: out.Rect.Dy()}
	err := m.write(out, p.lossless)
	return m, err
}

// fit is the largest size of that shape within the bounds, and no larger.
func fit(size, within image.Point) image.Point {
	w, h := size.X, size.Y
	if w > within.X {
		w, h = within.X, h*within.X/w
	}
	if h > within.Y {
		w, h = w*within.Y/h, within.Y
	}
	return image.Pt(max(w, 1), max(h, 1))
}

// write fills in Bytes and Type. What shows through is a PNG, a photo a JPEG;
// drawings and pictures of text stay PNGs where that takes hardly more room.
func (m *Made) write(p *image.RGBA, lossless bool) error {
	var small bytes.Buffer
	opaque := p.Opaque()
	if opaque {
		if err := jpeg.Encode(&small, p, &jpeg.Options{Quality: quality}); err != nil {
			return err
		}
		m.Bytes, m.Type = small.Bytes(), JPEG
		if !lossless {
			return nil
		}
	}
	var sharp bytes.Buffer
	if err := png.Encode(&sharp, p); err != nil {
		return err
	}
	if !opaque || sharp.Len() <= small.Len()*5/4 {
		m.Bytes, m.Type = sharp.Bytes(), PNG
	}
	return nil
}

type format struct {
	name, magic string
	lossless    bool
	config      func(*bytes.Reader) (image.Config, error)
	decode      func(*bytes.Reader) (image.Image, error)
}

// formats in which others' pictures are read. SVG is not one of them: it is a
// document with scripts in it.
var formats = []format{
	{"JPEG", "\xff\xd8\xff", false,
		func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) },
		func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) }},
	{"PNG", "\x89PNG\r\n\x1a\n", true,
		func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) },
		func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }},
	{"GIF", "GIF8?a", true,
		func(r *bytes.Reader) (image.Config, error) { return gif.DecodeConfig(r) },
		func(r *bytes.Reader) (image.Image, error) { return gif.Decode(r) }},
	{"WebP", "RIFF????WEBPVP8", false,
		func(r *bytes.Reader) (image.Config, error) { return webp.DecodeConfig(r) },
		func(r *bytes.Reader) (image.Image, error) { return webp.Decode(r) }},
}

func formatOf(raw []byte) *format {
next:
	for i := range formats {
		f := &formats[i]
		if len(raw) < len(f.magic) {
			continue
		}
		for n := range len(f.magic) {
			if f.magic[n] != '?' && f.magic[n] != raw[n] {
				continue next
			}
		}
		return f
	}
	return nil
}

// bytesOf is what one pixel takes in memory.
func bytesOf(m color.Model) int64 {
	switch m {
	case color.GrayModel, color.AlphaModel:
		return 1
	case color.Gray16Model, color.Alpha16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

// shrink is a part of a picture in another size, each pixel the mean of the area
// that it covers. golang.org/x/image/draw would take 32 bytes for each pixel of the
// new width and the old height, which for a photo is more than the photo.
func shrink(from image.Image, part image.Rectangle, to image.Point) *image.RGBA {
	w, h := part.Dx(), part.Dy()
	out := image.NewRGBA(image.Rectangle{Max: to})
	if w == to.X && h == to.Y {
		draw.Draw(out, out.Rect, from, part.Min, draw.Src)
		return out
	}
	row := image.NewRGBA(image.Rect(0, 0, w, 1)) // premultiplied, so what does not show does not count
	narrow := make([]float32, 4*to.X)
	sums := make([]float32, 4*to.X)
	across, down := float32(w)/float32(to.X), float32(h)/float32(to.Y)
	y := 0 // of out
	left := down
	for from0 := range h {
		draw.Draw(row, row.Rect, from, image.Pt(part.Min.X, part.Min.Y+from0), draw.Src)
		squeeze(narrow, row.Pix, w, to.X, across)
		for rest := float32(1); rest > 0 && y < to.Y; {
			share := min(rest, left)
			for i, v := range narrow {
				sums[i] += v * share
			}
			rest -= share
			if left -= share; left < 1e-4 || from0 == h-1 && rest <= 1e-4 {
				line := out.Pix[y*out.Stride:]
				for i, v := range sums {
					line[i] = uint8(min(v/down+0.5, 255))
					sums[i] = 0
				}
				y++
				left = down
			}
		}
	}
	return out
}

// squeeze makes the means of one row: across pixels become one.
func squeeze(out []float32, row []uint8, w, to int, across float32) {
	for x := range to {
		begin, end := float32(x)*across, float32(x+1)*across
		var sum [4]float32
		for i := int(begin); i < w && float32(i) < end; i++ {
			share := min(float32(i+1), end) - max(float32(i), begin)
			for c := range 4 {
				sum[c] += float32(row[4*i+c]) * share
			}
		}
		for c := range 4 {
			out[4*x+c] = sum[c] / across
		}
	}
}
