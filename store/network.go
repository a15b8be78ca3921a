package store

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// networks are the file systems that a disk of another machine is reached by, by their magic numbers in linux/magic.h and
// statfs(2). Neither locks nor the shared memory of a write-ahead log can be relied on there.
var networks = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB", 0x5346414f: "AFS", 0x6b414653: "AFS",
	0x73757245: "Coda", 0x00c36400: "Ceph", 0x0bd00bd0: "Lustre", 0x47504653: "GPFS", 0x01161970: "GFS2", 0x7461636f: "OCFS2",
	0x564c: "NCP",
}

// remoteMounts are the kinds of FUSE mounts that lead to another machine. FUSE also serves local disks, so it is refused
// by its kind alone; so is not 9p, which a sandbox serves its own disk by.
var remoteMounts = []string{"sshfs", "s3fs", "gcsfuse", "rclone", "glusterfs", "cephfs", "davfs", "curlftpfs", "goofys", "mount-s3", "blobfuse"}

// local refuses a folder on a network file system.
func local(folder string) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return &trouble{mend{"the folder " + folder + " cannot be looked at", "make it, or let Tocsin's user enter it"}, err}
	}
	const fuse = 0x65735546
	name := networks[uint32(disk.Type)] // the type has the width of a word, the number has 32 bits
	if uint32(disk.Type) == fuse {
		name = mountOf(folder)
	}
	return refuse(name)
}

func refuse(network string) error {
	if network == "" {
		return nil
	}
	return cannotUse("the folder is on a network file system ("+network+"), on which SQLite loses data", "use a local disk, or PostgreSQL")
}

// mountOf is the kind of the FUSE mount that a folder is on, if that leads to another machine, else "".
func mountOf(folder string) string {
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "" // not to be known here
	}
	defer mounts.Close()
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return ""
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return ""
	}
	return remoteMount(mounts, folder)
}

// remoteMount finds the longest mount point that leads to a folder.
func remoteMount(mounts io.Reader, folder string) string {
	at, kind := "", ""
	for lines := bufio.NewScanner(mounts); lines.Scan(); {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		fields, kinds := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kinds) == 0 {
			continue
		}
		if point := fields[4]; len(point) >= len(at) && strings.HasPrefix(folder+"/", strings.TrimSuffix(point, "/")+"/") {
			at, kind = point, strings.TrimPrefix(kinds[0], "fuse.")
		}
	}
	if slices.Contains(remoteMounts, kind) {
		return kind
	}
	return ""
}
