# $1: an empty directory to work in. Writes $1/layer.tar, whose opaque marker stands after a sibling.
cd "$1"
mkdir -p tree/srv/odd/inherits
echo after >tree/srv/odd/inherits/a-sibling
touch tree/srv/odd/inherits/.wh..wh..opq tree/srv/.wh.third
tar -C tree --numeric-owner --owner=0 --group=0 --format=pax -cf layer.tar \
    --no-recursion srv/odd/inherits srv/odd/inherits/a-sibling srv/odd/inherits/.wh..wh..opq srv/.wh.third
