cd "$1"
echo again >usr/bin/hello
mkdir -p usr/share/doc/tree
echo again >usr/share/doc/tree/again
ln usr/local/bin/tree-again usr/local/bin/tree-once-more
echo 'app:x:1234:1234:An application:/srv/app:/bin/sh' >>etc/passwd
echo 'app:x:1234:' >>etc/group
echo 'helpers:x:4321:app' >>etc/group
mkdir -p srv/app
chown 1234:1234 srv/app
