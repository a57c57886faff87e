"""Web servers and proxies as Debian ships them, Envoy and Traefik: attacks in every part of a request that they log."""
import json
import pathlib
import sys
import tempfile
import unittest

import server_case
from server_case import Backend, Datagrams, Sent, Server, await_that, look, talk
from web_requests import Sender, get

CALTROP, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()

NGINX = r"""
daemon off; master_process off; user root; pid /run/nginx.pid; error_log /var/log/nginx/error.log info;
events {}
http {
    log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
                    '"$http_x_forwarded_for" "$http_x_api_version" "$http_cookie"';
    log_format vhost '$http_host:$server_port $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                     '"$http_referer" "$http_user_agent"';
    log_format json escape=json '{"time":"$time_iso8601","remote_addr":"$remote_addr","host":"$http_host","request":"$request",'
                    '"status":$status,"http_referer":"$http_referer","http_user_agent":"$http_user_agent","remote_user":"$remote_user",'
                    '"http_x_forwarded_for":"$http_x_forwarded_for","http_x_api_version":"$http_x_api_version","http_cookie":"$http_cookie"}';
    log_format none escape=none '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';
    access_log /var/log/nginx/combined.log;
    access_log /var/log/nginx/main.log main;
    access_log /var/log/nginx/vhost.log vhost;
    access_log /var/log/nginx/json.log json;
    access_log /var/log/nginx/none.log none;
    server { listen 80; listen [::]:80; root /srv; }
}
"""

APACHE = r"""
ServerRoot /usr/lib/apache2
ServerName apache.example
PidFile /run/apache2.pid
Listen 80
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule unique_id_module modules/mod_unique_id.so
LoadModule security2_module modules/mod_security2.so
User nobody
Group nogroup
DocumentRoot /srv
ErrorLog /var/log/apache2/error.log
LogLevel info
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined
LogFormat "%{Host}i:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" vhost
LogFormat "%h %l %u %t \"%r\" %>s %O" common
CustomLog /var/log/apache2/combined.log combined
CustomLog /var/log/apache2/vhost.log vhost
CustomLog /var/log/apache2/common.log common
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecAuditEngine On
SecAuditLogParts ABCFHIJKZ
SecAuditLogType Serial
SecAuditLog /var/log/apache2/audit.log
SecRule REQUEST_HEADERS:User-Agent "@contains jndi" "id:1,phase:1,pass,log,msg:'jndi'"
<IfDefine JSON>
SecAuditLogFormat JSON
</IfDefine>
"""

HAPROXY = r"""
global
    log 127.0.0.1:514 len 8192 local0
    log 127.0.0.1:515 len 8192 format rfc5424 local0
defaults
    mode http
    log global
    option httplog
    timeout client 10s
    timeout server 10s
    timeout connect 10s
frontend web
    bind :80
    capture request header Host len 100
    capture request header User-Agent len 4000
    capture request header Referer len 400
    capture request header X-Forwarded-For len 400
    capture request header X-Api-Version len 400
    capture request header Cookie len 400
    http-request return status 200 content-type text/plain string hello
"""

CADDY = r"""
{
    admin off
    auto_https off
    servers {
        log_credentials
    }
}
:80 {
    root * /srv
    file_server
    log {
        output file /tmp/access.log
    }
}
"""

FILE_LOG = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
ENVOY = {"static_resources": {"listeners": [{
    "address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}},
    "filter_chains": [{"filters": [{"name": "http", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "web",
        "use_remote_address": True,
        "delayed_close_timeout": "0.02s",
        "access_log": [
            {"name": "text", "typed_config": {"@type": FILE_LOG, "path": "/tmp/text.log"}},
            {"name": "json", "typed_config": {"@type": FILE_LOG, "path": "/tmp/json.log", "log_format": {"json_format": {
                "start_time": "%START_TIME%", "method": "%REQ(:METHOD)%", "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
                "response_code": "%RESPONSE_CODE%", "downstream_remote_address": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
                "authority": "%REQ(:AUTHORITY)%", "user_agent": "%REQ(USER-AGENT)%", "referer": "%REQ(REFERER)%",
                "x_forwarded_for": "%REQ(X-FORWARDED-FOR)%", "cookie": "%REQ(COOKIE)%", "x_api_version": "%REQ(X-API-VERSION)%"}}}}],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "hello"}}}]}]},
        "http_filters": [{"name": "router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]}]}}

TOMCAT = """<Server port="-1"><Service name="Catalina"><Connector port="80" maxHttpHeaderSize="16384" connectionTimeout="500" keepAliveTimeout="500"
 relaxedPathChars='[]{}|"' relaxedQueryChars='[]{}|"'/><Engine name="Catalina" defaultHost="localhost">
<Host name="localhost" appBase="/tmp/none"><Context path="" docBase="/srv"/>
<Valve className="org.apache.catalina.valves.AccessLogValve" directory="/tmp" prefix="combined" suffix=".log" rotatable="false" pattern="combined"/>
<Valve className="org.apache.catalina.valves.JsonAccessLogValve" directory="/tmp" prefix="json" suffix=".log" rotatable="false"
 pattern="%h %l %u %t %m %U %q %s %v %{Referer}i %{User-Agent}i %{X-Forwarded-For}i %{X-Api-Version}i %{Cookie}i %{Host}i"/>
<Valve className="org.apache.catalina.valves.ExtendedAccessLogValve" directory="/tmp" prefix="extended" suffix=".log" rotatable="false"
 pattern="date time c-ip cs-method cs-uri-stem cs-uri-query sc-status bytes cs(User-Agent) cs(Referer) cs(Host) cs(X-Forwarded-For) cs(X-Api-Version) cs(Cookie)"/>
</Host></Engine></Service></Server>
"""
TOMCAT_HOME = "/usr/share/tomcat10"
TOMCAT_COMMAND = ("java", "-Xshare:auto", "-cp", f"{TOMCAT_HOME}/bin/bootstrap.jar:{TOMCAT_HOME}/bin/tomcat-juli.jar", f"-Dcatalina.home={TOMCAT_HOME}",
                  "-Dcatalina.base=/srv/tomcat", "org.apache.catalina.startup.Bootstrap", "start")

TRAEFIK = {
    "entryPoints": {"web": {"address": ":%d", "forwardedHeaders": {"insecure": True}}},
    "providers": {"file": {"filename": "/etc/routes.yaml"}},
    "accessLog": {"filePath": "/tmp/%s.log", "format": "%s", "fields": {"defaultMode": "keep", "headers": {"defaultMode": "keep"}}}}
TRAEFIK_ROUTES = {"http": {
    "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "backend"}},
    "services": {"backend": {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:8080"}]}}}}}

HOST, STATUS = ("url__domain",), ("http__response__status_code",)  # what a format does not show


class Web(server_case.Case):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="caltrop-servers-")
        self.addCleanup(self.dir.cleanup)

    def serve(self, name, *command, port=80, files=()):
        self.server = Server(self.dir.name, FOLDER, name)
        for path, text in files:
            self.server.write(path, text)
        self.server.start(*command, port=port)
        self.addCleanup(self.server.unmount)
        self.sent = Sent(name[0])
        Sender(self.sent, port).all()

    def look(self, log, *args, **options):
        return look(self, CALTROP, self.server.path(log), self.sent, *args, **options)

    def test_nginx(self):
        self.serve("nginx", "nginx", "-c", "/etc/test.conf", files=[("/etc/test.conf", NGINX)])
        self.server.stop()
        self.look("/var/log/nginx/combined.log", "combined", least=20, without=HOST)
        self.look("/var/log/nginx/main.log", "combined", least=25, also=("column.",), without=HOST)
        self.look("/var/log/nginx/vhost.log", "vhost_combined", least=20)
        self.look("/var/log/nginx/json.log", "json", least=25)
        self.look("/var/log/nginx/none.log", "combined", least=20, without=HOST)
        self.look("/var/log/nginx/error.log", "error_log", least=5, also=("error.message",), grades=("exploit", "attempt"), without=STATUS)


    def test_apache(self):
        self.serve("apache2", "apache2", "-DFOREGROUND", "-f", "/etc/test.conf", files=[("/etc/test.conf", APACHE), ("/var/log/apache2/here", "")])
        self.server.stop()
        self.look("/var/log/apache2/combined.log", "combined", least=20, without=HOST)
        self.look("/var/log/apache2/vhost.log", "vhost_combined", least=20)
        self.look("/var/log/apache2/common.log", "common", least=8, without=HOST)
        self.look("/var/log/apache2/error.log", "error_log", least=5, also=("error.message",), grades=("exploit", "attempt"), without=HOST + STATUS)
        self.look("/var/log/apache2/audit.log", "modsecurity", least=20, also=("message",), without=HOST + STATUS)

    def test_apache_audit_json(self):
        self.serve("apache2", "apache2", "-DFOREGROUND", "-DJSON", "-f", "/etc/test.conf", files=[("/etc/test.conf", APACHE), ("/var/log/apache2/here", "")])
        self.server.stop()
        self.look("/var/log/apache2/audit.log", "modsecurity", least=20)

    def test_haproxy(self):
        with Datagrams(514) as rfc3164, Datagrams(515) as rfc5424:
            self.serve("haproxy", "haproxy", "-db", "-f", "/etc/test.conf", files=[("/etc/test.conf", HAPROXY)])
            self.server.stop()
        self.server.path("/tmp/3164.log").write_bytes(rfc3164.lines())
        self.server.path("/tmp/5424.log").write_bytes(rfc5424.lines())
        self.look("/tmp/3164.log", "haproxy", least=20, also=("http.request.headers.captured.",), without=HOST)
        self.look("/tmp/5424.log", "haproxy", least=20, also=("http.request.headers.captured.",), without=HOST)

    def test_caddy(self):
        self.serve("caddy", "caddy", "run", "--config", "/etc/test.conf", "--adapter", "caddyfile", files=[("/etc/test.conf", CADDY)])
        self.server.stop()
        self.look("/tmp/access.log", "json", least=20)

    def test_tomcat(self):
        self.serve("tomcat", *TOMCAT_COMMAND, files=[("/srv/tomcat/conf/server.xml", TOMCAT)])
        self.server.stop()
        self.look("/tmp/combined.log", "combined", least=15, without=HOST)
        self.look("/tmp/json.log", "json", least=15, also=("url.query",))
        self.look("/tmp/extended.log", "w3c", least=15)

    def test_traefik(self):
        server = self.server = Server(self.dir.name, FOLDER, "traefik")
        self.addCleanup(server.unmount)
        server.write("/etc/routes.yaml", json.dumps(TRAEFIK_ROUTES))
        sent = {}
        with Backend(8080):
            for port, form in enumerate(("common", "genericCLF", "json"), 80):
                server.write(f"/etc/{form}.yaml", json.dumps(TRAEFIK) % (port, form, form))
                server.start("traefik", f"--configfile=/etc/{form}.yaml", port=port)
                await_that(lambda port=port: talk(port, get(b"/ready")).startswith(b"HTTP/1.1 200"), "traefik's routes")
                sent[form] = Sent(form[0])
                Sender(sent[form], port).all()
            server.stop()
        for form, name in (("common", "combined"), ("genericCLF", "combined"), ("json", "json")):
            self.sent = sent[form]
            self.look(f"/tmp/{form}.log", name, least=15, also=("source.address",) if form == "genericCLF" else (),
                      without=() if form == "json" else HOST)

    def test_envoy(self):
        self.serve("envoy", "envoy", "-c", "/etc/test.json", "--concurrency", "1", "--disable-hot-restart", "--use-dynamic-base-id",
                   files=[("/etc/test.json", json.dumps(ENVOY))])
        self.server.stop()
        self.look("/tmp/text.log", "envoy", least=16)
        self.look("/tmp/json.log", "json", least=20, also=("x_api_version",))


if __name__ == "__main__":
    server_case.enter(FOLDER)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
