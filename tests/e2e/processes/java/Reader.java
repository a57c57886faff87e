import java.util.jar.JarFile;

/** Holds a jar open that is on no class path, as a program does that reads plug-ins. */
public class Reader {
    static JarFile held;

    public static void main(String[] args) throws Exception {
        held = new JarFile(args[0]);
        Holder.hold();
    }
}
