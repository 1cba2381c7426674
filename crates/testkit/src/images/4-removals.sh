cd "$1"
rm -r usr/share/doc/tree
rm usr/bin/hello srv/odd/second
# A directory replaced by one of the same name: nothing of the old may show.
rm -r usr/share/doc/hello
mkdir usr/share/doc/hello
echo new >usr/share/doc/hello/new
# Types that change.
rm srv/odd/owned && mkdir srv/odd/owned
rm -r srv/odd/shared && ln -s readonly srv/odd/shared
rm srv/odd/pipe && echo file >srv/odd/pipe
# Attributes alone.
chown -R 1234:1234 usr/share/keyrings
chmod 0711 srv
setfattr -x user.plain srv/odd/first
touch -d '2004-04-04 04:04:04.444444444 UTC' srv/odd/guarded
