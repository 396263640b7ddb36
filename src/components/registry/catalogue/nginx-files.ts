/** The text files of the nginx image: configuration, pages and the start-up scripts, written for this project. */

export const NGINX_CONF = `
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;


events {
    worker_connections  1024;
}


http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    #tcp_nopush     on;

    keepalive_timeout  65;

    #gzip  on;

    include /etc/nginx/conf.d/*.conf;
}
`;

export const DEFAULT_CONF = `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    # errors of the server itself
    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

export const MIME_TYPES = `types {
    text/html                             html htm shtml;
    text/css                              css;
    text/xml                              xml;
    text/plain                            txt;
    image/gif                             gif;
    image/jpeg                            jpeg jpg;
    image/png                             png;
    image/svg+xml                         svg svgz;
    image/x-icon                          ico;
    application/javascript                js;
    application/json                      json;
    application/pdf                       pdf;
    application/wasm                      wasm;
    application/zip                       zip;
    font/woff2                            woff2;
    video/mp4                             mp4;
}
`;

export const INDEX_HTML = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { max-width: 36em; margin: 2em auto; font-family: sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page comes from a web server that runs in a container and has not been configured yet.
Its files are in /usr/share/nginx/html.</p>
</body>
</html>
`;

export const ERROR_HTML = `<!DOCTYPE html>
<html>
<head><title>Error</title></head>
<body>
<h1>An error occurred.</h1>
<p>The page is not available at the moment. The reason is in the error log.</p>
</body>
</html>
`;

export const ENTRYPOINT = `#!/bin/sh
# Prepares the configuration with what is in /docker-entrypoint.d, then becomes the command.
set -e

say() {
    if [ -z "\${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ]; then
        echo "$0: $@"
    fi
}

if [ "$1" = "nginx" ] || [ "$1" = "nginx-debug" ]; then
    found=
    for f in /docker-entrypoint.d/*; do
        if [ -f "$f" ]; then found=yes; fi
    done
    if [ -n "$found" ]; then
        say "/docker-entrypoint.d/ is not empty, will attempt to perform configuration"
        say "Looking for shell scripts in /docker-entrypoint.d/"
        for f in /docker-entrypoint.d/*; do
            case "$f" in
                *.envsh)
                    if [ -x "$f" ]; then
                        say "Sourcing $f"
                        . "$f"
                    else
                        say "Ignoring $f, not executable"
                    fi
                    ;;
                *.sh)
                    if [ -x "$f" ]; then
                        say "Launching $f"
                        "$f"
                    else
                        say "Ignoring $f, not executable"
                    fi
                    ;;
                *) say "Ignoring $f" ;;
            esac
        done
        say "Configuration complete; ready for start up"
    else
        say "No files found in /docker-entrypoint.d/, skipping configuration"
    fi
fi

exec "$@"
`;

/** `checksum` is the shell text that leaves the packaged file's md5 in $packaged. */
export function listenOnIpv6(checksum: string): string {
  return `#!/bin/sh
# Makes an untouched default server listen on IPv6 too.
set -e

say() {
    if [ -z "\${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ]; then
        echo "$ME: $@"
    fi
}

ME=\${0##*/}
FILE=/etc/nginx/conf.d/default.conf

if [ ! -f "/proc/net/if_inet6" ]; then
    say "info: ipv6 not available"
    exit 0
fi
if [ ! -f "$FILE" ]; then
    say "info: $FILE is not a file or does not exist"
    exit 0
fi
if ! touch "$FILE" 2>/dev/null; then
    say "info: can not modify $FILE (read-only file system?)"
    exit 0
fi
if grep -q "listen  *\\[::]:80;" "$FILE"; then
    say "info: IPv6 listen already enabled"
    exit 0
fi

say "info: Getting the checksum of $FILE"
${checksum}
set -- $(md5sum "$FILE")
if [ "$1" != "$packaged" ]; then
    say "info: $FILE differs from the packaged version"
    exit 0
fi

sed -i 's/listen       80;/listen       80;\\n    listen  [::]:80;/' "$FILE"
say "info: Enabled listen on IPv6 in $FILE"
`;
}

export const LOCAL_RESOLVERS = `# Offers the name servers of this container to configuration templates.
if [ -n "\${NGINX_ENTRYPOINT_LOCAL_RESOLVERS:-}" ]; then
    NGINX_LOCAL_RESOLVERS=$(awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf)
    export NGINX_LOCAL_RESOLVERS
fi
`;

export const ENVSUBST_ON_TEMPLATES = `#!/bin/sh
# Fills environment variables into /etc/nginx/templates/*.template and puts the results into conf.d.
set -e

ME=\${0##*/}
from=\${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
to=\${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
suffix=\${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}

if [ ! -d "$from" ]; then
    exit 0
fi
if [ ! -w "$to" ]; then
    echo "$ME: ERROR: $from exists, but $to is not writable"
    exit 0
fi
for template in "$from"/*"$suffix"; do
    if [ ! -f "$template" ]; then continue; fi
    name=\${template#"$from"/}
    result=$to/\${name%"$suffix"}
    if [ -z "\${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ]; then
        echo "$ME: Running envsubst on $template to $result"
    fi
    envsubst < "$template" > "$result"
done
`;

export const TUNE_WORKER_PROCESSES = `#!/bin/sh
# Sets worker_processes to the processors this container may use, when asked to.
set -e

if [ -z "\${NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE:-}" ]; then
    exit 0
fi

count=$(nproc)
if [ -f /sys/fs/cgroup/cpu.max ]; then
    read -r quota period < /sys/fs/cgroup/cpu.max
    if [ "$quota" != "max" ]; then
        limit=$(( (quota + period - 1) / period ))
        if [ "$limit" -lt "$count" ]; then count=$limit; fi
    fi
fi
sed -i "s/^worker_processes.*/worker_processes $count;/" /etc/nginx/nginx.conf
`;
