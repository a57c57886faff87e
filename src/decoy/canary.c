#include "decoy/canary.h"

#include "actor/actor.h"
#include "text/json_out.h"
#include "text/printable.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { MAC = 16 };

static bool label_byte(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c) || c == '.' || c == '_' || c == '-'; }

static void mac_of(const unsigned char key[32], ct_str label, char ret_hex[MAC + 1])
{
    char text[sizeof "canary " + CT_CANARY_LABEL_MAX], hex[33];
    /* JNDI and DNS may change case: so it does not count. */
    int n = snprintf(text, sizeof text, "canary %.*s", CT_STR_ARG(label));
    for (int i = 0; i < n; i++) text[i] = (char)ct_ascii_lower((unsigned char)text[i]);
    ct_secret_hash(key, (ct_str){(const unsigned char *)text, (size_t)n}, hex);
    memcpy(ret_hex, hex, MAC);
    ret_hex[MAC] = 0;
}

ct_err ct_canary_name(const unsigned char key[32], ct_str label, char ret_name[CT_CANARY_NAME_SIZE])
{
    char mac[MAC + 1];
    if (!label.n || label.n > CT_CANARY_LABEL_MAX) return CT_ERR_USAGE;
    for (size_t i = 0; i < label.n; i++)
        if (!label_byte(label.p[i])) return CT_ERR_USAGE;
    mac_of(key, label, mac);
    (void)snprintf(ret_name, CT_CANARY_NAME_SIZE, "%.*s-%s", CT_STR_ARG(label), mac);
    return CT_OK;
}

/* Words of label bytes; of each the last '-' and what looks like a hash behind it. */
bool ct_canary_find(const unsigned char key[32], ct_str asked, struct ct_canary_hit *ret_hit)
{
    for (size_t i = 0; i < asked.n;) {
        size_t end = i;
        while (end < asked.n && label_byte(asked.p[end])) end++;
        ct_str word = ct_str_slice(asked, i, end);
        i = end + 1;
        if (word.n < MAC + 2 || word.n > CT_CANARY_LABEL_MAX + 1 + MAC || word.p[word.n - MAC - 1] != '-') continue;
        char mac[MAC + 1];
        ct_str label = ct_str_slice(word, 0, word.n - MAC - 1);
        mac_of(key, label, mac);
        if (!ct_str_eq_fold(ct_str_slice(word, word.n - MAC, word.n), (ct_str){(unsigned char *)mac, MAC})) continue;
        ret_hit->label = label;
        return true;
    }
    return false;
}

static ct_str address(const unsigned char a[16], char to[INET6_ADDRSTRLEN])
{
    static const unsigned char v4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    bool is4 = memcmp(a, v4, sizeof v4) == 0;
    if (!inet_ntop(is4 ? AF_INET : AF_INET6, is4 ? a + 12 : a, to, INET6_ADDRSTRLEN)) *to = 0;
    return ct_str_from(to);
}

static bool called(struct ct_canary_caller *k, int64_t now_ms, uint64_t *ret_calls)
{
    static const int minutes[] = {1, 5, 30, 120, 360};
    k->called_ms = now_ms;
    *ret_calls = ++k->calls;
    if (now_ms < k->next_ms) return false;
    k->next_ms = now_ms + (int64_t)minutes[k->step] * 60000;
    if (k->step + 1 < sizeof minutes / sizeof *minutes) k->step++;
    return true;
}

bool ct_canary_called(struct ct_canary_calls *m, const struct ct_canary_hit *hit, const struct ct_contact *c, int64_t now_ms, uint64_t *ret_calls)
{
    unsigned char who[16], text[sizeof c->touch.source + CT_CANARY_LABEL_MAX];
    size_t n = sizeof c->touch.source;
    memcpy(text, c->touch.source, n);
    for (size_t i = 0; i < hit->label.n && n < sizeof text; i++) text[n++] = ct_ascii_lower(hit->label.p[i]);
    ct_event_id(CT_STR("canary"), 0, (ct_str){text, n}, who);
    struct ct_canary_caller *room = &m->of[0];
    for (size_t i = 0; i < CT_CANARY_CALLERS_MAX; i++) {
        struct ct_canary_caller *k = &m->of[i];
        if (k->calls && memcmp(k->who, who, sizeof who) == 0) return called(k, now_ms, ret_calls);
        if (room->calls && (!k->calls || k->called_ms < room->called_ms)) room = k;
    }
    *room = (struct ct_canary_caller){.next_ms = now_ms};
    memcpy(room->who, who, sizeof who);
    return called(room, now_ms, ret_calls);
}

void ct_canary_event(struct ct_buf *json, struct ct_buf *text, unsigned char ret_id[16], const struct ct_canary_hit *hit,
                     const struct ct_contact *c, uint64_t calls, ct_str sensor, int64_t now_us)
{
    struct ct_json_out j;
    char source[INET6_ADDRSTRLEN], dest[INET6_ADDRSTRLEN];
    (void)address(c->touch.source, source);
    (void)address(c->touch.dest, dest);
    ct_event_id(ct_str_from(source), c->session, hit->label, ret_id);
    ct_json_begin(&j, json);
    ct_json_object(&j);
    struct ct_buf when;
    ct_buf_init(&when, json->arena, 64);
    ct_print_time(&when, now_us);
    ct_json_kv(&j, "@timestamp", ct_buf_view(&when));
    ct_json_key(&j, "ecs"), ct_json_object(&j), ct_json_kz(&j, "version", "8.11.0"), ct_json_object_end(&j);
    ct_json_key(&j, "event"), ct_json_object(&j);
    static const char hex[] = "0123456789abcdef";
    char id[33] = {0};
    for (unsigned i = 0; i < 16; i++) id[2 * i] = hex[ret_id[i] >> 4], id[2 * i + 1] = hex[ret_id[i] & 15];
    ct_json_kz(&j, "id", id);
    ct_json_kz(&j, "kind", "alert");
    ct_json_key(&j, "category"), ct_json_array(&j), ct_json_str(&j, CT_STR("intrusion_detection")), ct_json_array_end(&j);
    ct_json_key(&j, "type"), ct_json_array(&j), ct_json_str(&j, CT_STR("info")), ct_json_array_end(&j);
    ct_json_kz(&j, "module", "caltrop");
    ct_json_kz(&j, "dataset", "caltrop.canary");
    ct_json_kz(&j, "action", "canary-called");
    ct_json_ku(&j, "severity", 99);
    ct_json_object_end(&j);
    ct_json_key(&j, "observer"), ct_json_object(&j), ct_json_kv(&j, "hostname", sensor), ct_json_object_end(&j);
    ct_json_key(&j, "source"), ct_json_object(&j), ct_json_kz(&j, "ip", source), ct_json_ku(&j, "port", c->touch.source_port), ct_json_object_end(&j);
    ct_json_key(&j, "destination"), ct_json_object(&j), ct_json_kz(&j, "ip", dest), ct_json_ku(&j, "port", c->touch.dest_port), ct_json_object_end(&j);
    if (c->face) ct_json_key(&j, "network"), ct_json_object(&j), ct_json_kz(&j, "protocol", c->face), ct_json_object_end(&j);
    ct_json_key(&j, "caltrop"), ct_json_object(&j), ct_json_kv(&j, "canary", hit->label), ct_json_ku(&j, "calls", calls), ct_json_ku(&j, "session", c->session), ct_json_object_end(&j);
    struct ct_buf message;
    ct_buf_init(&message, json->arena, 512);
    ct_buf_printf(&message, "%s evaluated the canary %.*s: it is vulnerable", source, CT_STR_ARG(hit->label));
    ct_json_kv(&j, "message", ct_buf_view(&message));
    ct_json_object_end(&j);
    ct_buf_byte(json, '\n');
    ct_print_time(text, now_us);
    ct_buf_text(text, "  ");
    ct_print_text(text, ct_buf_view(&message));
    ct_buf_byte(text, '\n');
}
