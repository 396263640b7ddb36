/** Applet names of BusyBox's default configuration; Alpine links the second list into /sbin. */
export const BUSYBOX_APPLETS: readonly string[] = (
  '[ [[ ar arch ash awk base32 base64 basename bc bunzip2 busybox bzcat bzip2 cal cat chattr chgrp chmod chown chrt chvt cksum ' +
  'clear cmp comm conspy cp cpio crontab cryptpw cut date dc dd deallocvt df diff dirname dmesg dnsdomainname dos2unix dpkg dpkg-deb ' +
  'du dumpkmap dumpleases echo ed egrep eject env envdir envuidgid expand expr factor fallocate false fatattr fgconsole fgrep find ' +
  'flock fold free ftpget ftpput fuser getfattr getopt grep groups gunzip gzip hd head hexdump hexedit hostid hostname hush id install ' +
  'ionice ipcrm ipcs kbd_mode kill killall killall5 last less link linux32 linux64 ln logger login logname lpq lpr ls lsattr lsof lspci ' +
  'lsscsi lsusb lzcat lzma lzop lzopcat makemime man md5sum mesg microcom mim mkdir mkfifo mknod mkpasswd mktemp more mount mountpoint ' +
  'mpstat mt mv nc netstat nice nl nmeter nohup nproc nsenter nslookup od openvt passwd paste patch pgrep pidof ping ping6 pipe_progress ' +
  'pkill pmap popmaildir printenv printf ps pscan pstree pwd pwdx readlink realpath reformime renice reset resize resume rev rm rmdir rpm ' +
  'rpm2cpio run-parts runsv runsvdir rx script scriptreplay sed seedrng sendmail seq setarch setfattr setkeycodes setlogcons setpriv ' +
  'setserial setsid setuidgid sh sha1sum sha256sum sha3sum sha512sum showkey shred shuf sleep smemcap softlimit sort split ssl_client ' +
  'stat strings stty su sum sv svc svok sync tac tail tar taskset tcpsvd tee telnet test tftp time timeout top touch tr traceroute ' +
  'traceroute6 tree true truncate ts tsort tty ttysize ubirename udpsvd umount uname uncompress unexpand uniq unix2dos unlink unlzma ' +
  'unlzop unshare unxz unzip uptime usleep uudecode uuencode vi vlock volname w wall watch wc wget which who whoami whois xargs xxd xz ' +
  'xzcat yes zcat'
).split(' ');

export const SBIN_APPLETS: readonly string[] = (
  'acpid adjtimex arp arping beep blkdiscard blkid blockdev bootchartd brctl chpst chpasswd chroot crond delgroup deluser addgroup adduser ' +
  'add-shell depmod devmem dhcprelay dnsd ether-wake fakeidentd fbset fbsplash fdflush fdformat fdisk findfs freeramdisk fsck fsck.minix ' +
  'fsfreeze fstrim ftpd getty halt hdparm httpd hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer ifconfig ifdown ifenslave ifplugd ifup ' +
  'inetd init inotifyd insmod iostat iotop ip ipaddr ipcalc iplink ipneigh iproute iprule iptunnel klogd linuxrc loadfont loadkmap losetup ' +
  'lpd lsmod makedevs mdev mkdosfs mke2fs mkfs.ext2 mkfs.minix mkfs.vfat mkswap modinfo modprobe nameif nanddump nandwrite nbd-client nologin ' +
  'ntpd partprobe pivot_root poweroff powertop raidautorun rdate rdev readahead readprofile reboot remove-shell rmmod route rtcwake runlevel ' +
  'setconsole setfont slattach start-stop-daemon sulogin svlogd swapoff swapon switch_root sysctl syslogd tc telnetd tftpd tune2fs ubiattach ' +
  'ubidetach ubimkvol ubirmvol ubirsvol ubiupdatevol udhcpc udhcpc6 udhcpd uevent vconfig watchdog zcip'
).split(' ');
