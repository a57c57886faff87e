import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.text.DateFormat;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TimeZone;

/** Case mapping, dates and the allow-list of 2.15.0 against Java itself: java AgainstJava.java FILTER */
class AgainstJava {
    static final Date MOMENT = new Date(1639144666789L);
    static final List<String> asked = new ArrayList<>(), wanted = new ArrayList<>();
    static Random random;

    static void ask(char what, String in, String want) {
        asked.add(what + " " + HexFormat.of().formatHex(in.getBytes(StandardCharsets.UTF_8)));
        wanted.add(what == 'A' ? want : HexFormat.of().formatHex(want.getBytes(StandardCharsets.UTF_8)));
    }

    static String date(String pattern) {
        try {
            return new SimpleDateFormat(pattern).format(MOMENT);
        } catch (IllegalArgumentException e) {
            return DateFormat.getInstance().format(MOMENT);
        }
    }

    /** As JndiManager of 2.15.0 decides on a machine whose own names are not listed; "::1" counts as local here. */
    static boolean allowed(String name) {
        try {
            URI uri = new URI(name);
            String scheme = uri.getScheme();
            if (scheme == null) return true;
            if (!Set.of("java", "ldap", "ldaps").contains(scheme.toLowerCase(Locale.ROOT))) return false;
            return scheme.equalsIgnoreCase("java") || (uri.getHost() != null && Set.of("localhost", "127.0.0.1", "[::1]").contains(uri.getHost()));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    static String soup(String[] parts, int max) {
        StringBuilder b = new StringBuilder();
        for (int n = random.nextInt(max) + 1; n > 0; n--) b.append(parts[random.nextInt(parts.length)]);
        return b.toString();
    }

    static void askCase() {
        // What Java of another Unicode version maps differently is not ours to answer: only the table's version is complete.
        for (int c = 0; c <= 0x10ffff; c++) {
            if ((c >= 0xd800 && c <= 0xdfff) || c == 0x3a3) continue;
            String s = "a" + new String(Character.toChars(c)) + "b";
            ask('U', s, s.toUpperCase(Locale.ROOT));
            ask('L', s, s.toLowerCase(Locale.ROOT));
        }
        for (String s : new String[] {"Σ", "ΑΣ", "ΑΣΑ", "ΑΣ Α", "ΣΣ", "aΣ/b"}) ask('L', s, s.toLowerCase(Locale.ROOT));
    }

    static void askDates() {
        String letters = "GyMdkHmsSEDFwWahKzZYuXL";
        for (char c = 'A'; c <= 'z'; c++)
            for (int n = 1; n <= 7; n++) ask('D', String.valueOf(c).repeat(n), date(String.valueOf(c).repeat(n)));
        String[] parts = new String[letters.length() + 12];
        for (int i = 0; i < letters.length(); i++) parts[i] = letters.substring(i, i + 1);
        String[] more = {"'", "''", "'jndi'", ":", "$", "{", "}", "ı", "😀", " ", "Q", "/"};
        System.arraycopy(more, 0, parts, letters.length(), more.length);
        for (int i = 0; i < 20000; i++) {
            String s = soup(parts, 10);
            ask('D', s, date(s));
        }
    }

    static void askNames() {
        String[] parts = {"ldap:", "ldaps:", "java:", "LDAP:", "rmi:", "//", "/", "127.0.0.1", "localhost", "[::1]", "evil.example", "#", "?",
            "@", ":", "1389", "a", " ", "%41", "%zz", "{", "$", "é", "\u00a0", "[", "]", "^", "-", "99999999999", "comp/env", "u:p@", "\\", "+", "\u0001"};
        for (int i = 0; i < 200000; i++) {
            String s = (random.nextInt(3) > 0 ? "ldap://" + (random.nextBoolean() ? "127.0.0.1" : "") : "") + soup(parts, 6);
            ask('A', s, allowed(s) ? "1" : "0");
        }
    }

    public static void main(String[] args) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        Locale.setDefault(Locale.US);
        String given = System.getenv("CT_SEED");
        long seed = given != null ? Long.parseUnsignedLong(given) : System.nanoTime();
        System.out.println("lookup_against_java: seed " + seed + " (CT_SEED=" + seed + " repeats this run), Java " + Runtime.version());
        random = new Random(seed);
        if (Runtime.version().feature() == 17) {
            askCase();
            askDates();
        } else {
            System.out.println("case and dates left out: their tables are those of Java 17");
        }
        askNames();
        Process filter = new ProcessBuilder(args[0]).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Thread writer = new Thread(() -> {
            try (BufferedWriter out = new BufferedWriter(new OutputStreamWriter(filter.getOutputStream(), StandardCharsets.US_ASCII))) {
                for (String s : asked) out.write(s + "\n");
            } catch (java.io.IOException e) {
                System.out.println("the filter went away: " + e);
            }
        });
        writer.start();
        int bad = 0;
        try (BufferedReader in = new BufferedReader(new InputStreamReader(filter.getInputStream(), StandardCharsets.US_ASCII))) {
            for (int i = 0; i < asked.size(); i++) {
                String got = in.readLine();
                if (wanted.get(i).equals(got)) continue;
                if (bad++ < 20) {
                    String hex = asked.get(i).substring(2);
                    System.out.println(asked.get(i).charAt(0) + " '" + new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8)
                        + "' " + hex + ": Java " + wanted.get(i) + ", we " + got);
                }
            }
        }
        writer.join();
        System.out.println(asked.size() + " compared, " + bad + " different");
        System.exit(bad == 0 && filter.waitFor() == 0 ? 0 : 1);
    }
}
