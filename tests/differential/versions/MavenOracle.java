import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.maven.artifact.versioning.ComparableVersion;

/** Lines "LEFT TAB RIGHT" in; "<", "=", ">", or "!" where Maven throws, out. */
final class MavenOracle {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null; ) {
            int tab = line.indexOf('\t');
            String answer;
            try {
                int c = new ComparableVersion(line.substring(0, tab)).compareTo(new ComparableVersion(line.substring(tab + 1)));
                answer = c < 0 ? "<" : c > 0 ? ">" : "=";
            } catch (RuntimeException e) {
                answer = "!";
            }
            out.println(answer);
        }
        out.flush();
    }
}
