tar -C "$1" --numeric-owner --xattrs --xattrs-include='*' -xpf "$2/debian.tar"
