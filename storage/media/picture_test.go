package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
)

// quarters is a picture whose corners are red, green, blue and white.
func quarters(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 255, 255, 255}
			switch {
			case x < w/2 && y < h/2:
				c = color.RGBA{255, 0, 0, 255}
			case y < h/2:
				c = color.RGBA{0, 255, 0, 255}
			case x < w/2:
				c = color.RGBA{0, 0, 255, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

func asPNG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// makeOf decodes, makes and reads again.
func makeOf(t *testing.T, raw []byte, size Size) (Made, image.Image) {
	t.Helper()
	p, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.Make(size)
	if err != nil {
		t.Fatal(err)
	}
	out, kind, err := image.Decode(bytes.NewReader(m.Bytes))
	if err != nil || "image/"+kind != m.Type {
		t.Fatalf("made a %s, said %s: %v", kind, m.Type, err)
	}
	if out.Bounds().Dx() != m.Width || out.Bounds().Dy() != m.Height {
		t.Fatalf("made %v, said %d × %d", out.Bounds(), m.Width, m.Height)
	}
	return m, out
}

func near(t *testing.T, p image.Image, x, y int, want color.RGBA) {
	t.Helper()
	r, g, b, a := p.At(x, y).RGBA()
	for _, d := range []int{int(r>>8) - int(want.R), int(g>>8) - int(want.G), int(b>>8) - int(want.B), int(a>>8) - int(want.A)} {
		if d < -12 || d > 12 {
			t.Fatalf("pixel %d,%d is %v, want %v", x, y, p.At(x, y), want)
		}
	}
}

var (
	red   = color.RGBA{255, 0, 0, 255}
	green = color.RGBA{0, 255, 0, 255}
	blue  = color.RGBA{0, 0, 255, 255}
	white = color.RGBA{255, 255, 255, 255}
)

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		w, h         int
		size         Size
		wantW, wantH int
	}{
		{3000, 1000, Whole, 1472, 490},
		{3000, 1000, Thumb, 320, 106},
		{3000, 1000, Avatar, 96, 96},
		{100, 9000, Whole, 91, 8192},
		{40, 30, Whole, 40, 30},
		{40, 30, Thumb, 40, 30},
		{40, 30, Avatar, 30, 30},
		{1, 4000, Thumb, 1, 320},
		{321, 7, Thumb, 320, 6},
	} {
		m, out := makeOf(t, asPNG(t, quarters(c.w, c.h)), c.size)
		if m.Width != c.wantW || m.Height != c.wantH {
			t.Errorf("%d × %d as %s: %d × %d, want %d × %d", c.w, c.h, c.size, m.Width, m.Height, c.wantW, c.wantH)
		}
		if m.Width > 20 && m.Height > 20 {
			near(t, out, 2, 2, red)
			near(t, out, m.Width-3, 2, green)
			near(t, out, 2, m.Height-3, blue)
			near(t, out, m.Width-3, m.Height-3, white)
		}
	}
}

// A picture is not darkened, shifted or edged by being made smaller.
func TestShrinkKeepsTheMean(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		w, h := 50+r.IntN(900), 50+r.IntN(900)
		grey := image.NewGray(image.Rect(0, 0, w, h))
		var sum float64
		for i := range grey.Pix {
			grey.Pix[i] = uint8(r.IntN(256))
			sum += float64(grey.Pix[i])
		}
		to := image.Pt(1+r.IntN(w), 1+r.IntN(h))
		out := shrink(grey, grey.Rect, to)
		var got float64
		for i := 0; i < len(out.Pix); i += 4 {
			got += float64(out.Pix[i])
			if out.Pix[i+3] != 255 {
				t.Fatalf("%d × %d to %v: a pixel shows through", w, h, to)
			}
		}
		if d := got/float64(to.X*to.Y) - sum/float64(w*h); d > 1 || d < -1 {
			t.Errorf("%d × %d to %v: the mean moves by %.2f", w, h, to, d)
		}
	}
}

func TestWhatShowsThroughIsKept(t *testing.T) {
	p := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	for i := range p.Pix {
		p.Pix[i] = 255
	}
	for y := range 400 {
		for x := range 200 {
			p.SetNRGBA(x, y, color.NRGBA{0, 0, 0, 0})
		}
	}
	m, out := makeOf(t, asPNG(t, p), Thumb)
	if m.Type != PNG {
		t.Fatal("became a", m.Type)
	}
	near(t, out, 10, 100, color.RGBA{})
	near(t, out, 300, 100, white)
}

func TestFirstFrameOfAGIF(t *testing.T) {
	frame := func(c color.Color) *image.Paletted {
		p := image.NewPaletted(image.Rect(0, 0, 64, 64), color.Palette{c})
		return p
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame(red), frame(blue)}, Delay: []int{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	_, out := makeOf(t, b.Bytes(), Whole)
	near(t, out, 30, 30, red)
}

// webP is one red pixel by another encoder.
const webP = "RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x000\x01\x00\x9d\x01*\x01\x00\x01\x00\x02\x004%\xa4\x00\x03p\x00\xfe\xfb\x94\x00\x00"

func TestWebP(t *testing.T) {
	m, _ := makeOf(t, []byte(webP), Whole)
	if m.Width != 1 || m.Height != 1 {
		t.Errorf("%d × %d", m.Width, m.Height)
	}
}

// withExif puts an Exif segment with an orientation, and a place, into a JPEG.
func withExif(raw []byte, order binary.ByteOrder, turn uint16) []byte {
	tiff := []byte("II")
	if order == binary.BigEndian {
		tiff = []byte("MM")
	}
	app := order.(binary.AppendByteOrder)
	tiff = app.AppendUint16(tiff, 42)
	tiff = app.AppendUint32(tiff, 8)
	tiff = app.AppendUint16(tiff, 2)
	tiff = app.AppendUint16(tiff, 0x010f) // the maker
	tiff = app.AppendUint16(tiff, 2)
	tiff = app.AppendUint32(tiff, 4)
	tiff = append(tiff, "Gps!"...)
	tiff = app.AppendUint16(tiff, 0x0112)
	tiff = app.AppendUint16(tiff, 3)
	tiff = app.AppendUint32(tiff, 1)
	tiff = app.AppendUint16(tiff, turn)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), tiff...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append([]byte{}, raw[:2]...), append(segment, body...)...), raw[2:]...)
}

// Phones do not turn the pixels but say how they were held. That is metadata, and
// goes, so the pixels have to be turned.
func TestCamerasHeldAside(t *testing.T) {
	plain := asJPEG(t, quarters(160, 80))
	for turn, want := range map[uint16][4]color.RGBA{ // top left, top right, bottom left, bottom right
		1: {red, green, blue, white},
		2: {green, red, white, blue},
		3: {white, blue, green, red},
		4: {blue, white, red, green},
		5: {red, blue, green, white},
		6: {blue, red, white, green},
		7: {white, green, blue, red},
		8: {green, white, red, blue},
	} {
		for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
			m, out := makeOf(t, withExif(plain, order, turn), Whole)
			if aside := turn >= 5; aside != (m.Height > m.Width) {
				t.Fatalf("turn %d: %d × %d", turn, m.Width, m.Height)
			}
			near(t, out, 10, 10, want[0])
			near(t, out, m.Width-10, 10, want[1])
			near(t, out, 10, m.Height-10, want[2])
			near(t, out, m.Width-10, m.Height-10, want[3])
			if bytes.Contains(m.Bytes, []byte("Exif")) || bytes.Contains(m.Bytes, []byte("Gps!")) {
				t.Fatal("metadata survive")
			}
		}
	}
}

// header is a PNG that says it is that large, and nothing else.
func header(w, h uint32, depth, kind byte) []byte {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), depth, kind, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\r"), ihdr...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(ihdr))
}

func TestRefused(t *testing.T) {
	photo := asJPEG(t, quarters(64, 64))
	scans := bytes.Repeat([]byte{0xff, 0xda, 0, 2}, maxScans+1)
	for name, c := range map[string]struct {
		raw  []byte
		kind Kind
	}{
		"nothing":                  {nil, Unknown},
		"SVG":                      {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), Unknown},
		"a page":                   {[]byte("<!doctype html><script>alert(1)</script>"), Unknown},
		"a document":               {[]byte(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Note"}`), Unknown},
		"PDF":                      {[]byte("%PDF-1.7\n"), Unknown},
		"only the beginning":       {photo[:40], Broken},
		"half":                     {asPNG(t, quarters(64, 64))[:80], Broken},
		"100 megapixels":           {header(10_000, 10_000, 8, 2), TooLarge},
		"a line of a megapixel":    {header(1<<20, 1, 8, 2), TooLarge},
		"2³¹ pixels wide":          {header(1<<31-1, 1<<31-1, 8, 2), Broken},
		"30 megapixels of 16 bits": {header(6000, 5000, 16, 6), TooLarge},
		"a thousand scans":         {append(append(append([]byte{}, photo[:2]...), scans...), photo[2:]...), TooLarge},
		"17 MiB":                   {append(append([]byte{}, photo...), make([]byte, 17<<20)...), TooLarge},
		"GIF of nothing":           {[]byte("GIF89a\x00\x00\x00\x00\x00\x00\x00;"), Broken},
	} {
		_, err := Decode(c.raw)
		if !errors.Is(err, &Error{Kind: c.kind}) {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
}

// A file can be a picture and something else; what is shown is only the picture.
func TestPolyglots(t *testing.T) {
	const tail = "<script>alert(1)</script>"
	for name, raw := range map[string][]byte{
		"PNG and page":  append(asPNG(t, quarters(32, 32)), tail...),
		"JPEG and page": append(asJPEG(t, quarters(32, 32)), tail...),
	} {
		for _, size := range []Size{Avatar, Thumb, Whole} {
			m, _ := makeOf(t, raw, size)
			if strings.Contains(string(m.Bytes), "script") {
				t.Errorf("%s: survives as %s", name, size)
			}
		}
	}
}

// What is photographed becomes a JPEG, what is drawn stays sharp.
func TestPhotosAndDrawings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	noise := image.NewRGBA(image.Rect(0, 0, 300, 300))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(r.IntN(256)) | uint8(255*(i%4/3))
	}
	if m, _ := makeOf(t, asPNG(t, noise), Whole); m.Type != JPEG {
		t.Error("a photo became a", m.Type)
	}
	if m, _ := makeOf(t, asPNG(t, quarters(300, 300)), Whole); m.Type != PNG {
		t.Error("a drawing became a", m.Type)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(asPNG(f, quarters(9, 7)))
	f.Add(withExif(asJPEG(f, quarters(9, 7)), binary.LittleEndian, 6))
	f.Add([]byte(webP))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	f.Add(header(3, 3, 8, 2))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Decode(raw)
		if err != nil {
			if !errors.As(err, new(*Error)) {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		for _, size := range []Size{Avatar, Thumb} {
			m, err := p.Make(size)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := image.DecodeConfig(bytes.NewReader(m.Bytes)); err != nil {
				t.Fatalf("made what cannot be read: %v", err)
			}
		}
	})
}
