// Package bucket keeps files on a server that speaks S3, as package media keeps them in a
// folder. It knows nothing of pictures but their two types.
package bucket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"stoa/storage/media"
)

// Options say which bucket it is.
type Options struct {
	Endpoint    *url.URL // http or https, without a path
	Name        string
	Region      string
	Key, Secret string
	PathStyle   bool // the bucket is named in the path, not in the host
}

const (
	// longest bounds what somebody waits for who has sent a picture.
	longest = 20 * time.Second
	// tries is how often something is asked for: once more than once, since a
	// connection that was kept may be gone.
	tries = 2
)

// ErrUnusable means that the server answers, and that nothing can be kept there: the key
// is wrong, or there is no such bucket.
var ErrUnusable = errors.New("the bucket cannot be used")

// Open prepares a bucket. Nothing is asked of its server yet.
func Open(b Options) (*Bucket, error) {
	way := minio.BucketLookupDNS
	if b.PathStyle {
		way = minio.BucketLookupPath
	}
	core, err := minio.NewCore(b.Endpoint.Host, &minio.Options{
		Creds: credentials.NewStaticV4(b.Key, b.Secret, ""), Secure: b.Endpoint.Scheme == "https", Region: b.Region, BucketLookup: way, MaxRetries: tries,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 16, DisableCompression: true,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("the bucket %s at %s: %w", b.Name, b.Endpoint, err)
	}
	return &Bucket{core: core, about: b}, nil
}

// Bucket is a media.Depot on a server that speaks S3. It is safe for concurrent use.
type Bucket struct {
	core  *minio.Core
	about Options
}

// Check asks whether files can be kept. It says ErrUnusable where only the admin can
// help; any other error may be gone soon.
func (b *Bucket) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	ok, err := b.core.BucketExists(ctx, b.about.Name)
	if err == nil && !ok {
		return fmt.Errorf("%w: %s has no bucket %q", ErrUnusable, b.about.Endpoint, b.about.Name)
	}
	if status := minio.ToErrorResponse(err).StatusCode; status >= 400 && status <= 499 {
		return fmt.Errorf("%w: %s refuses the key for the bucket %q: %w", ErrUnusable, b.about.Endpoint, b.about.Name, err)
	}
	return b.failed(err)
}

// Put implements media.Depot.
func (b *Bucket) Put(ctx context.Context, name, mediaType string, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	sum := sha256.Sum256(content)
	_, err := b.core.PutObject(ctx, b.about.Name, name, bytes.NewReader(content), int64(len(content)), "", hex.EncodeToString(sum[:]),
		minio.PutObjectOptions{ContentType: mediaType, DisableContentSha256: true}) // the sum is that of the whole, not of its parts
	return b.failed(err)
}

// Open implements media.Depot.
func (b *Bucket) Open(ctx context.Context, name string) (*media.File, error) {
	o, err := b.core.Client.GetObject(ctx, b.about.Name, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.failed(err)
	}
	info, err := o.Stat()
	if err != nil {
		return nil, errors.Join(b.failed(err), o.Close())
	}
	f := &media.File{ReadSeekCloser: o, Type: info.ContentType, Size: info.Size, Tag: info.ETag, At: info.LastModified}
	if f.Type != media.JPEG && f.Type != media.PNG { // it was brought there in another way
		head := make([]byte, 4)
		_, err := io.ReadFull(o, head)
		if err == nil {
			_, err = o.Seek(0, io.SeekStart)
		}
		if err != nil {
			return nil, errors.Join(b.failed(err), o.Close())
		}
		f.Type = media.TypeOf(head)
	}
	return f, nil
}

// Remove implements media.Depot.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	err := b.failed(b.core.RemoveObject(ctx, b.about.Name, name, minio.RemoveObjectOptions{}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// failed says which server it was.
func (b *Bucket) failed(err error) error {
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchKey:
		return fs.ErrNotExist
	case "":
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("the bucket %s at %s: %w", b.about.Name, b.about.Endpoint, err)
}
