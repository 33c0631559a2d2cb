//go:build unix

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// account is the user Postgres runs as. It refuses to run as root.
type account struct {
	uid, gid uint32
	name     string
	switched bool   // it is another user than ours
	warning  string // to be logged
}

// systemUsers are tried in this order for a new cluster of root's: the one Postgres' packages make (or, on macOS, the
// system), one made for us by whoever installed the program, and the one everybody has.
var systemUsers = []string{"postgres", "_postgres", "stoa", "nobody"}

// serverAccount says who runs the cluster in dir. Once made, the owner of its files does. A new one of root's belongs
// to the owner of dir if that is not root, else to the first system user there is.
func serverAccount(dir, db string) (account, error) {
	us := account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid()), name: strconv.Itoa(os.Geteuid())}
	owner, err := ownerOf(db)
	made := err == nil
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return account{}, err
	}
	if us.uid != 0 {
		if made && owner.uid != us.uid {
			return account{}, fmt.Errorf("%s belongs to the user %s, and this program runs as user %d: run it as that user or as root",
				db, owner.name, us.uid)
		}
		if u, err := user.LookupId(us.name); err == nil {
			us.name = u.Username
		}
		return us, nil
	}
	if made && owner.uid != 0 {
		return owner, nil
	}
	// initdb, other than postgres, wants a user with a name.
	if owner, err := ownerOf(dir); err == nil && owner.uid != 0 {
		if _, err := user.LookupId(strconv.Itoa(int(owner.uid))); err == nil {
			return owner, nil
		}
	}
	for _, name := range systemUsers {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		a, err := fromUser(u)
		if err != nil || a.uid == 0 {
			continue
		}
		if name == "nobody" {
			a.warning = "postgres runs as the user nobody, whom other programs use too; make a system user named stoa before the first start"
		}
		return a, nil
	}
	return account{}, errors.New("postgres does not run as root, and there is no other user to run it as: make a system user named stoa")
}

func fromUser(u *user.User) (account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, err
	}
	return account{uid: uint32(uid), gid: uint32(gid), name: u.Username, switched: true}, nil
}

// ownerOf is the user a file belongs to, by its number where it has no name.
func ownerOf(path string) (account, error) {
	info, err := os.Stat(path)
	if err != nil {
		return account{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, fmt.Errorf("%s: the system does not tell its owner", path)
	}
	number := strconv.Itoa(int(st.Uid))
	if u, err := user.LookupId(number); err == nil {
		return fromUser(u)
	}
	return account{uid: st.Uid, gid: st.Gid, name: number, switched: true}, nil
}

// give hands a file of ours to the account.
func (a account) give(path string) error {
	if !a.switched {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// closedTo names the first folder on the way to path, path included, that the account may not pass through; "" if
// there is none. It reads the mode bits alone: where an access list allows more, a way round is taken without need.
func (a account) closedTo(path string) (string, error) {
	var way []string
	for dir := path; ; dir = filepath.Dir(dir) {
		way = append(way, dir)
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, dir := range slices.Backward(way) {
		info, err := os.Stat(dir)
		if err != nil {
			return "", err
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return "", fmt.Errorf("%s: the system does not tell its owner", dir)
		}
		bit := os.FileMode(0o001)
		switch {
		case st.Uid == a.uid:
			bit = 0o100
		case st.Gid == a.gid:
			bit = 0o010
		}
		if info.Mode().Perm()&bit == 0 {
			return dir, nil
		}
	}
	return "", nil
}
