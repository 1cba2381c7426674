cp "$2"/*.deb "$1/tmp/"
chroot "$1" sh -c 'dpkg -i /tmp/*.deb'
rm "$1"/tmp/*.deb
