package media

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
)

// Bucket says where pictures lie on a server that speaks S3.
type Bucket struct {
	Endpoint    *url.URL // http or https, without a path
	Name        string
	Region      string
	Key, Secret string
	PathStyle   bool // the bucket is named in the path, not in the host
}

const (
	// bucketWait bounds what somebody waits for who has sent a picture.
	bucketWait = 20 * time.Second
	// bucketTries is how often something is asked for: once more than once, since a
	// connection that was kept may be gone.
	bucketTries = 2
)

// ErrNoBucket means that the server answers, and that nothing can be kept there: the key
// is wrong, or there is no such bucket.
var ErrNoBucket = errors.New("media: the bucket cannot be used")

// OpenBucket makes Uploads in a bucket. Nothing is asked of its server yet.
func OpenBucket(b Bucket) (*Uploads, error) {
	way := minio.BucketLookupDNS
	if b.PathStyle {
		way = minio.BucketLookupPath
	}
	core, err := minio.NewCore(b.Endpoint.Host, &minio.Options{
		Creds: credentials.NewStaticV4(b.Key, b.Secret, ""), Secure: b.Endpoint.Scheme == "https", Region: b.Region, BucketLookup: way, MaxRetries: bucketTries,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 16, DisableCompression: true,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("media: the bucket %s at %s: %w", b.Name, b.Endpoint, err)
	}
	return newUploads(&bucket{core: core, about: b}), nil
}

// Check asks whether pictures can be kept. It says ErrNoBucket where only the admin can
// help; any other error may be gone soon. A folder needs no asking.
func (u *Uploads) Check(ctx context.Context) error {
	if b, ok := u.files.(*bucket); ok {
		return b.check(ctx)
	}
	return nil
}

// bucket is a depot on a server that speaks S3.
type bucket struct {
	core  *minio.Core
	about Bucket
}

func (b *bucket) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bucketWait)
	defer cancel()
	ok, err := b.core.BucketExists(ctx, b.about.Name)
	if err == nil && !ok {
		return fmt.Errorf("%w: %s has no bucket %q", ErrNoBucket, b.about.Endpoint, b.about.Name)
	}
	if status := minio.ToErrorResponse(err).StatusCode; status >= 400 && status <= 499 {
		return fmt.Errorf("%w: %s refuses the key for the bucket %q: %w", ErrNoBucket, b.about.Endpoint, b.about.Name, err)
	}
	return b.failed(err)
}

func (b *bucket) put(ctx context.Context, name, mediaType string, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, bucketWait)
	defer cancel()
	sum := sha256.Sum256(content)
	_, err := b.core.PutObject(ctx, b.about.Name, name, bytes.NewReader(content), int64(len(content)), "", hex.EncodeToString(sum[:]),
		minio.PutObjectOptions{ContentType: mediaType, DisableContentSha256: true}) // the sum is that of the whole, not of its parts
	return b.failed(err)
}

func (b *bucket) open(ctx context.Context, name string) (*File, error) {
	o, err := b.core.Client.GetObject(ctx, b.about.Name, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.failed(err)
	}
	info, err := o.Stat()
	if err != nil {
		return nil, errors.Join(b.failed(err), o.Close())
	}
	f := &File{ReadSeekCloser: o, Type: info.ContentType, Size: info.Size, Tag: info.ETag, at: info.LastModified}
	if f.Type != JPEG && f.Type != PNG { // it was brought there in another way
		head := make([]byte, 4)
		_, err := io.ReadFull(o, head)
		if err == nil {
			_, err = o.Seek(0, io.SeekStart)
		}
		if err != nil {
			return nil, errors.Join(b.failed(err), o.Close())
		}
		f.Type = typeOf(head)
	}
	return f, nil
}

func (b *bucket) remove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, bucketWait)
	defer cancel()
	err := b.failed(b.core.Client.RemoveObject(ctx, b.about.Name, name, minio.RemoveObjectOptions{}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// failed says which server it was.
func (b *bucket) failed(err error) error {
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchKey:
		return fs.ErrNotExist
	case "":
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("media: the bucket %s at %s: %w", b.about.Name, b.about.Endpoint, err)
}
