/**
 * Packages of Debian 13 that a node has (`+`) or could have (`-`), a line each: name, version, section, installed kB, bytes of
 * the package, what it depends on among these, its programs (`s:` in /usr/sbin, else /usr/bin), and what it is for.
 * @models Debian 13 trixie/main, amd64 @fidelity partial: libraries and documentation are left out, and so is what depends on them
 */
export const trixiePackages = `
+|adduser|3.152|admin|428|190932|passwd|s:addgroup s:adduser s:delgroup s:deluser|makes and removes accounts
-|apache2|2.4.71-1~deb13u1|httpd|585|233000|procps perl|apache2ctl|HTTP server of the Apache project
+|apt|3.0.4|admin|4481|1453228||apt apt-cache apt-cdrom apt-config apt-get apt-key apt-mark|fetches and installs packages
+|bash|5.2.37-2+b10|shells|7196|1500792|debianutils|bash bashbug clear_console rbash|the GNU shell
-|bash-completion|1:2.16.0-7|shells|1952|319436|||completion of commands' words in bash
-|bc|1.07.1-4|math|236|103196||bc|calculator language of any precision
+|bind9-dnsutils|1:9.20.30-1~deb13u1|net|525|167084|bind9-host|dig nslookup nsupdate|clients that ask name servers
+|bind9-host|1:9.20.30-1~deb13u1|net|141|56596||host|asks a name server for one name
+|binutils|2.44-3|devel|1073|265400||strings|assembler, linker, tools for object files
-|bpftrace|0.23.2-1|utils|10149|1936576||bpftrace|tracing language on top of eBPF
+|bsdextrautils|2.41.5-0+deb13u1|utils|339|94796||col colcrt colrm column hd hexdump look ul write|more utilities that come from BSD
+|bsdutils|1:2.41.5-0+deb13u1|utils|401|110208||renice|basic utilities that come from BSD
-|buildah|1.39.3+ds1-1+b7|devel|128886|36308764||buildah|builds OCI images
+|bzip2|1.0.8-6|utils|113|40520||bunzip2 bzcat bzip2 bzip2recover|block-sorting compressor
-|ca-certificates|20250419+deb13u1|misc|387|160720|openssl debconf||certificates of common authorities
-|conmon|2.1.12-4|admin|173|39508||s:conmon|watches over a container for its manager
+|conntrack|1:1.4.8-2|net|116|35636||s:conntrack|shows and changes the kernel's tracked connections
-|containerd|1.7.24~ds1-6+deb13u1|admin|118977|32784720|runc|containerd ctr|container runtime
+|coreutils|9.7-3|utils|18457|3023556||[ arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown s:chroot cksum comm cp csplit cut date dd df dir dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes|basic utilities of GNU
+|cron|3.0pl1-197|admin|249|87416||crontab|runs commands at given times
-|crun|1.21-1|admin|2069|368640||crun|small OCI runtime in C
+|curl|8.14.1-2+deb13u7|web|495|270212||curl|transfers data by URL
+|dash|0.5.12-12|shells|207|98504|debianutils|sh|small POSIX shell
+|dbus|1.16.2-2|admin|154|71632||busctl dbus-monitor dbus-send|message bus of the system
+|debconf|1.5.91|admin|497|121088||s:dpkg-reconfigure|asks for packages' configuration
+|debianutils|5.23.2|utils|225|92360||s:add-shell ischroot s:remove-shell run-parts savelog which|utilities that are Debian's own
+|diffutils|1:3.10-4|utils|1768|386504||cmp diff diff3 sdiff|compare files
-|docker-cli|26.1.5+dfsg1-9+deb13u1+b1|admin|30334|7332784||docker|Docker, the client
-|docker.io|26.1.5+dfsg1-9+deb13u1+b1|admin|94955|23036836|adduser containerd iptables sysvinit-utils runc|dockerd|Docker, the daemon
+|dpkg|1.22.22|admin|6587|1537216|tar|dpkg dpkg-deb dpkg-divert dpkg-maintscript-helper dpkg-query dpkg-realpath dpkg-split dpkg-statoverride dpkg-trigger s:start-stop-daemon update-alternatives|Debian's package manager
+|e2fsprogs|1.47.2-3+b12|admin|1537|591288||s:badblocks chattr s:debugfs s:dumpe2fs s:e2fsck s:e2image s:e2label s:e2undo s:filefrag s:fsck.ext2 s:fsck.ext3 s:fsck.ext4 lsattr s:mke2fs s:mkfs.ext2 s:mkfs.ext3 s:mkfs.ext4 s:resize2fs s:tune2fs|utilities for ext2, ext3 and ext4
+|ebtables|2.0.11-6|net|276|87924|perl|s:ebtables|rules for frames on bridges
-|etcd-client|3.5.16-4|net|17330|4880000||etcdctl|replicated key-value store, the client
-|etcd-server|3.5.16-4|net|41931|11302964|adduser|etcd|replicated key-value store, the daemon
+|ethtool|1:6.14.2-1|net|775|227036||s:ethtool|shows and sets what a network device can do
+|file|1:5.46-5|utils|79|43560||file|tells kinds of files
+|findutils|4.10.0-3|utils|2160|700008||find locate updatedb xargs|find and xargs
-|gcc|4:14.2.0-1|devel|36|5136||gcc|C compiler of GNU
-|git|1:2.47.3-0+deb13u1|vcs|49154|8861572|perl|git|distributed version control
-|gnupg|2.4.7-21+deb13u1|utils|468|417112|gpg gpg||encrypts and signs
-|golang-go|2:1.24~2|golang|69|44336||go|compiler of Go
+|gpg|2.4.7-21+deb13u1+b5|utils|1594|636212|init-system-helpers|gpg gpgv|public key operations of GnuPG
+|grep|3.11-4|utils|1266|431488||egrep fgrep grep rgrep|looks for patterns
+|gzip|1.13-1+deb13u1|utils|256|138608||gunzip gzexe gzip uncompress zcat zcmp zdiff zegrep zfgrep zforce zgrep zless zmore znew|compressor of GNU
-|haproxy|3.0.11-1+deb13u4|net|5661|2627980|adduser|haproxy|load balancer for TCP and HTTP
+|hostname|3.25|admin|50|11024||hostname|shows and sets the host's name
-|htop|3.4.1-5|utils|424|171412||htop|processes in colour
+|ifupdown|0.8.44+deb13u1|admin|200|61984|adduser iproute2|s:ifdown s:ifquery s:ifup|brings network interfaces up and down
+|init-system-helpers|1.69~deb13u1|admin|133|39360||s:invoke-rc.d s:service s:update-rc.d|helpers for packages with services
-|iotop|0.6-42-ga14256a-0.3+b1|admin|108|24000|python3 python3 python3|iotop|who reads and writes, like top
-|iperf3|3.18-2+deb13u2|net|90|37328|debconf adduser debconf|iperf3|measures bandwidth
+|iproute2|6.15.0-1|net|3774|1089184|debconf libcap2-bin|s:arpd bpftool s:bridge s:dcb s:devlink s:genl s:ip ip lnstat nstat rdma routel s:rtacct rtmon ss s:tc s:tipc s:vdpa|networking tools of Linux
+|ipset|7.22-1+b1|net|140|46568||s:ipset|sets of addresses in the kernel
+|iptables|1.8.11-2|net|2406|360924||s:ip6tables s:ip6tables-restore s:ip6tables-save s:iptables s:iptables-restore s:iptables-save|packet filter and address translation
+|iputils-ping|3:20240905-3|net|187|51248||ping ping4 ping6|asks hosts for echoes
+|iputils-tracepath|3:20240905-3|net|49|20888||tracepath|follows the way to a host
+|jq|1.7.1-6+deb13u4|utils|125|78900||jq|JSON on the command line
-|keepalived|1:2.3.3-1|admin|1412|590684|iproute2|keepalived|failover by VRRP, health checks
+|kmod|34.2-2|admin|255|95704||s:depmod s:insmod s:lsmod s:modinfo s:modprobe s:rmmod|loads and lists kernel modules
+|less|668-1|text|376|161148||less lessecho lesskey lesspipe|pager
+|libc-bin|2.41-12+deb13u5|libs|2123|638876||getconf getent iconv s:ldconfig ldd locale localedef pldd tzselect zdump s:zic|programs of the C library
+|libcap2-bin|1:2.75-10+deb13u1+b3|utils|132|36456||s:capsh s:getcap s:getpcaps s:setcap|shows and sets capabilities
+|locales|2.41-12+deb13u5|localization|15776|3929736|libc-bin debconf|s:locale-gen|languages and customs of the C library
+|login|1:4.16.0-2+really2.41.5-0+deb13u1|admin|287|114952||newgrp s:nologin|logging in
+|lsof|4.99.4+dfsg-2|utils|492|315732||lsof|lists open files
-|make|4.4.1-2|devel|1766|463104||make|compiles what has changed
+|man-db|2.13.1-1|doc|3153|1469060|bsdextrautils debconf|apropos man whatis|reads manual pages
+|mawk|1.3.4.20250131-1|interpreters|292|140808||mawk|a small awk
+|mount|2.41.5-0+deb13u1|admin|497|163208||s:losetup mount s:swapoff s:swapon umount|mounts file systems
-|mtr-tiny|0.95-1.1+b1|net|157|67668||mtr|ping and traceroute in one
+|nano|8.4-1+deb13u1|editors|2839|644672||nano|small editor
+|ncurses-bin|6.5+20250216-2|utils|665|438372||captoinfo clear infocmp infotocap reset tabs tic toe tput tset|programs around terminals' descriptions
-|net-tools|2.10-1.3|net|988|245436||s:ifconfig s:netstat s:route s:arp|ifconfig, netstat, route
-|netavark|1.14.0-2|net|17285|3957592||/usr/lib/podman/netavark|networks of containers for podman
-|netcat-openbsd|1.229-1|net|109|42520||nc.openbsd|reads and writes connections, OpenBSD's
+|netcat-traditional|1.10-50|net|139|63240||nc netcat|reads and writes connections
+|nftables|1.1.3-1|net|194|75000||s:nft|rules of the packet filter, nft
-|nmap|7.95+dfsg-3|net|4536|1930860||nmap|scans networks
+|openssh-client|1:10.0p1-7+deb13u4|net|5011|989904|adduser init-system-helpers passwd|scp sftp ssh ssh-add ssh-agent ssh-keygen ssh-keyscan|secure shell, the client
+|openssh-server|1:10.0p1-7+deb13u4|net|3429|602372|openssh-client procps debconf systemd|s:sshd|secure shell, the daemon
+|openssl|3.5.9-1~deb13u1|utils|2523|1518324||openssl|cryptography on the command line
+|passwd|1:4.17.4-2|admin|4758|1228860||chage chfn s:chgpasswd s:chpasswd chsh s:cpgr s:cppw expiry gpasswd s:groupadd s:groupdel s:groupmems s:groupmod s:grpck s:grpconv s:grpunconv s:newusers passwd s:pwck s:pwconv s:pwunconv s:useradd s:userdel s:usermod s:vigr s:vipw|changes accounts and passwords
+|pciutils|1:3.13.0-2|admin|266|128688||lspci|lists PCI devices
+|perl|5.40.1-6+deb13u1|perl|841|267736||perl|the language
-|podman|5.4.2+ds1-2+b2|admin|85571|24686200|conmon crun netavark init-system-helpers|podman|containers and pods without a daemon
+|procps|2:4.0.4-9|admin|2395|882088|init-system-helpers|free hugetop kill pgrep pidwait pkill pmap ps pwdx skill slabtop snice s:sysctl tload top uptime vmstat w watch|processes and memory as /proc tells them
+|psmisc|23.7-2|admin|950|266696||fuser killall peekfd prtstat pslog pstree|more tools around /proc
+|python3|3.13.5-1|python|83|28244||pydoc3 python3|the language, its usual version
-|rsync|3.5.0+ds1-0+deb13u2|net|955|502168||rsync|copies what differs, far and near
-|runc|1.1.15+ds1-2+b4|devel|10525|3229748||runc|OCI runtime
-|screen|4.9.1-3|misc|1009|596060|debianutils|screen|several terminals in one
+|sed|4.9-2+deb13u1|utils|991|330696||sed|edits streams
-|shellcheck|0.10.0-1|devel|34787|4907584||shellcheck|finds mistakes in shell scripts
-|skopeo|1.18.0+ds1-1+b5|devel|26786|7556560||skopeo|looks at and copies images in registries
+|socat|1.8.0.3-1+deb13u1|net|1802|423768||socat|connects any two streams
-|strace|6.13+ds-1|utils|3072|1422560||strace|traces system calls
+|sudo|1.9.16p2-3+deb13u5|admin|6709|2087324||sudo|runs commands as somebody else
-|sysstat|12.7.5-2|admin|1904|623380|xz-utils debconf|iostat mpstat pidstat sar|performance over time
+|systemd|257.13-1~deb13u1|admin|9944|3093632|mount|bootctl coredumpctl hostnamectl journalctl localectl loginctl networkctl resolvectl systemctl systemd-analyze systemd-ask-password systemd-cat systemd-cgls systemd-cgtop systemd-creds systemd-delta systemd-detect-virt systemd-escape systemd-firstboot systemd-id128 systemd-inhibit systemd-machine-id-setup systemd-mount systemd-notify systemd-nspawn systemd-path systemd-repart systemd-run systemd-socket-activate systemd-stdio-bridge systemd-sysext systemd-sysusers systemd-tmpfiles systemd-tty-ask-password-agent systemd-umount timedatectl udevadm|system and service manager
+|systemd-sysv|257.13-1~deb13u1|admin|97|64876|systemd|s:halt s:init s:poweroff s:reboot s:runlevel s:shutdown s:telinit|systemd under the names of SysV's init
+|sysvinit-utils|3.14-4|admin|104|34060||s:fstab-decode s:killall5 pidof|small tools of SysV's init
+|tar|1.35+dfsg-3.1|utils|3085|814968||s:rmt tar|archives
+|tcpdump|4.99.5-2|net|1343|471048|adduser|tcpdump|captures packets
+|telnet|0.17+2.6-3+deb13u3|oldlibs|56|44108||telnet|terminal over the network
-|tmux|3.5a-3|admin|1209|490296||tmux|several terminals in one
+|traceroute|1:2.1.6-1|net|160|54588||traceroute|follows the way to a host
-|tree|2.2.1-1|utils|129|59392||tree|directories as a tree
-|umoci|0.4.7+ds-4+b10|devel|7146|2205936||umoci|changes OCI images
-|unzip|6.0-29+deb13u1|utils|387|172916||unzip|unpacks .zip
+|util-linux|2.41.5-0+deb13u1|utils|4986|1242392||s:addpart s:agetty s:blkdiscard s:blkid s:blkzone s:blockdev s:cfdisk s:chcpu s:chmem choom chrt s:ctrlaltdel s:delpart dmesg fallocate s:fdisk fincore s:findfs findmnt flock s:fsck s:fsfreeze s:fstrim getopt s:getty hardlink i386 ionice ipcmk ipcrm ipcs s:isosize last s:ldattach linux32 linux64 logger lsblk lscpu lsfd lsipc lsirq lslocks lslogins lsmem lsns mcookie mesg s:mkfs s:mkswap more mountpoint namei nsenter partx s:pivot_root prlimit s:readprofile rename.ul s:resizepart rev s:rtcwake s:runuser script scriptlive scriptreplay setarch setpriv setsid setterm s:sfdisk su s:sulogin s:swaplabel s:switch_root taskset uclampset unshare utmpdump wall s:wdctl whereis s:wipefs x86_64 s:zramctl|many tools of the system
+|util-linux-extra|2.41.5-0+deb13u1|utils|1402|300900||s:hwclock|less common tools of util-linux
+|vim|2:9.1.1230-2+deb13u2|editors|3930|1670616||vim.basic|the editor
+|wget|1.25.0-2|web|3784|984500||wget|fetches files from the web
+|xxd|2:9.1.1230-2+deb13u2|editors|154|99108||xxd|hexadecimal dumps
+|xz-utils|5.8.1-1+deb13u2|utils|1424|659760||lzcat lzma unlzma unxz xz xzcat xzdiff xzgrep xzless|xz compressor
+|yq|3.4.3-2|utils|98|29832|jq python3|yq|jq for YAML
-|zip|3.0-15+deb13u1|utils|627|234964||zip|packs .zip
+|zstd|1.5.7+dfsg-1|utils|2320|756244||unzstd zstd zstdcat|fast compressor
`;
