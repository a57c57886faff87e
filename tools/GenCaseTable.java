import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes src/lookup/case_table.h from the case mappings of the Java it runs on: java tools/GenCaseTable.java > FILE */
class GenCaseTable {
    static String map(int c, boolean upper) {
        String s = new String(Character.toChars(c));
        return upper ? s.toUpperCase(Locale.ROOT) : s.toLowerCase(Locale.ROOT);
    }

    static void table(String name, boolean upper) {
        List<int[]> runs = new ArrayList<>(); // first, last, step, delta
        StringBuilder specials = new StringBuilder();
        int n = 0;
        for (int c = 0x80; c <= 0x10ffff; c++) {
            if (c >= 0xd800 && c <= 0xdfff) continue;
            int[] to = map(c, upper).codePoints().toArray();
            if (to.length == 1 && to[0] == c) continue;
            if (to.length != 1) {
                specials.append(String.format("    {0x%04x, {", c));
                for (int i = 0; i < 3; i++) specials.append(String.format(i == 0 ? "0x%04x" : ", 0x%04x", i < to.length ? to[i] : 0));
                specials.append("}},\n");
                n++;
                continue;
            }
            int[] r = runs.isEmpty() ? null : runs.get(runs.size() - 1);
            int delta = to[0] - c;
            if (r != null && r[3] == delta && (r[0] == r[1] ? c - r[1] <= 2 : c - r[1] == r[2])) {
                r[2] = c - r[1];
                r[1] = c;
            } else {
                runs.add(new int[] {c, c, 1, delta});
            }
        }
        System.out.printf("static const struct case_run %s_runs[] = {\n", name);
        for (int[] r : runs) System.out.printf("    {0x%04x, 0x%04x, %d, %d},\n", r[0], r[1], r[2], r[3]);
        System.out.printf("};\nstatic const struct case_special %s_specials[] = {\n%s};\n", name, specials);
    }

    public static void main(String[] args) {
        System.out.println("/* Written by tools/GenCaseTable.java; do not edit. Sorted by code point. */");
        table("upper", true);
        table("lower", false);
    }
}
