cd "$1"
# Hard links: to a file of a lower layer, and among new ones.
ln usr/bin/tree usr/local/bin/tree-again
mkdir -p srv/odd
echo linked >srv/odd/first
ln srv/odd/first srv/odd/second
ln srv/odd/first srv/third
ln -s nowhere srv/odd/dangling
ln srv/odd/dangling srv/odd/dangling-again
# Rights beyond rwx.
cp bin/true usr/local/bin/setuid
chmod 4755 usr/local/bin/setuid
cp bin/true usr/local/bin/capable
setcap cap_net_bind_service,cap_chown=ep usr/local/bin/capable
mkdir srv/odd/shared
chgrp 8 srv/odd/shared
chmod 3775 srv/odd/shared
echo guarded >srv/odd/guarded
setfacl -m u:1234:rw srv/odd/guarded
mkdir srv/odd/inherits
setfacl -d -m u:1234:rwx srv/odd/inherits
echo heir >srv/odd/inherits/heir
echo secret >srv/odd/unreadable
chmod 0000 srv/odd/unreadable
mkdir -m 0500 srv/odd/readonly
echo inside >srv/odd/readonly/inside
# Attributes with bytes that a line-based reader trips over.
setfattr -n user.plain -v value srv/odd/first
setfattr -n user.binary -v 0x000a3d0a00ff srv/odd/first
setfattr -n user.empty srv/odd/shared
setfattr -n trusted.note -v root-only srv/odd/first
# Everything that is no file.
mknod srv/odd/null c 1 3
mknod srv/odd/disk b 7 300
chmod 0640 srv/odd/disk
mkfifo -m 0620 srv/odd/pipe
# A sparse file: a megabyte of hole, a line, and a hole again.
printf data | dd of=srv/odd/sparse bs=1 seek=1048576 conv=notrunc status=none
truncate -s 3M srv/odd/sparse
# Names.
touch "srv/odd/$(printf 'latin-\351')" "srv/odd/new
line" srv/odd/-dash "srv/odd/ space "
long=$(printf '%0200d' 0)
mkdir -p "srv/odd/$long/$long"
echo deep >"srv/odd/$long/$long/$long"
# Times.
touch -d '1969-12-31 23:59:58.250000000 UTC' srv/odd/before-the-epoch
touch -d '2001-02-03 04:05:06.123456789 UTC' srv/odd/nanoseconds
touch -h -d '2002-02-02 02:02:02.222222222 UTC' srv/odd/dangling
touch -d '2003-03-03 03:03:03.333333333 UTC' srv/odd/shared
# Owners beyond 16 and 21 bits.
touch srv/odd/owned
chown 70000:3000000 srv/odd/owned
