# $1: an empty directory to work in; $2: where debian.tar is. Leaves the layout `layout`, tagged
# `latest`, of seven layers; umoci finds out what changed.
cd "$1"
umoci init --layout layout
umoci new --image layout:latest
umoci unpack --image layout:latest bundle
root=bundle/rootfs
layer() { umoci repack --refresh-bundle --image layout:latest bundle; }
packages() {
    cp /etc/resolv.conf $root/etc/resolv.conf
    DEBIAN_FRONTEND=noninteractive chroot $root sh -euc 'apt-get -q update
        apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"
        apt-get clean; rm -rf /var/lib/apt/lists/*' sh "$@" >&2
    rm $root/etc/resolv.conf
}
tar -C $root --numeric-owner --xattrs --xattrs-include='*' -xpf "$2/debian.tar"
layer
packages python3 python3-pip
layer
packages gcc g++ libc6-dev
layer
packages nodejs perl perl-doc git
layer
chown -R 1000:1000 $root/usr/share $root/usr/lib/python3*
layer
rm -rf $root/usr/share/doc $root/usr/share/man $root/usr/share/locale
rm -rf $root/usr/lib/python3/dist-packages/pip
layer
# What umoci writes as many whiteouts stands here as the opaque directory that other tools write.
mkdir -p tree/usr/share/perl
echo replaced >tree/usr/share/perl/README
touch tree/usr/share/perl/.wh..wh..opq
tar -C tree --owner=0 --group=0 --numeric-owner --sort=name -cf opaque.tar usr/share/perl
umoci raw add-layer --image layout:latest opaque.tar
umoci gc --layout layout
rm -rf bundle tree opaque.tar
