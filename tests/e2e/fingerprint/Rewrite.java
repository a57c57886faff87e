import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.commons.ClassRemapper;
import org.objectweb.asm.commons.Remapper;

/**
 * What builds do to classes: Rewrite FOLDER STEMS FROM TO JAR... writes FOLDER/rebuilt/NAME with constant pools written anew and without
 * debug tables, and FOLDER/relocated/NAME with package FROM moved to TO in names and in strings, as the shade plugin does.
 * STEMS: file with the simple names of the classes to keep, one a line.
 */
public final class Rewrite {
    private static String move(String text, String from, String to) {
        if (text.startsWith(from)) return to + text.substring(from.length());
        String dotted = from.replace('/', '.');
        return text.startsWith(dotted) ? to.replace('/', '.') + text.substring(dotted.length()) : text;
    }

    private static byte[] relocated(byte[] in, String from, String to) {
        ClassReader reader = new ClassReader(in);
        ClassWriter writer = new ClassWriter(0);
        reader.accept(new ClassRemapper(writer, new Remapper() {
            @Override public String map(String name) { return move(name, from, to); }
            @Override public Object mapValue(Object value) { return value instanceof String ? move((String) value, from, to) : super.mapValue(value); }
        }), 0);
        return writer.toByteArray();
    }

    private static byte[] rebuilt(byte[] in) {
        ClassWriter writer = new ClassWriter(0);
        new ClassReader(in).accept(writer, ClassReader.SKIP_DEBUG);
        return writer.toByteArray();
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Set<String> stems = Set.copyOf(Files.readAllLines(Path.of(args[1])));
        Files.createDirectories(folder.resolve("rebuilt"));
        Files.createDirectories(folder.resolve("relocated"));
        for (int i = 4; i < args.length; i++) {
            Path jar = Path.of(args[i]);
            try (ZipFile zip = new ZipFile(jar.toFile());
                 ZipOutputStream a = new ZipOutputStream(Files.newOutputStream(folder.resolve("rebuilt").resolve(jar.getFileName())));
                 ZipOutputStream b = new ZipOutputStream(Files.newOutputStream(folder.resolve("relocated").resolve(jar.getFileName())))) {
                for (ZipEntry entry : Collections.list(zip.entries())) {
                    String name = entry.getName();
                    if (!name.endsWith(".class") || !stems.contains(name.substring(name.lastIndexOf('/') + 1, name.length() - 6))) continue;
                    byte[] bytes;
                    try (InputStream in = zip.getInputStream(entry)) { bytes = in.readAllBytes(); }
                    put(a, name, rebuilt(bytes));
                    put(b, move(name, args[2], args[3]), relocated(bytes, args[2], args[3]));
                }
            }
        }
    }

    private static void put(ZipOutputStream out, String name, byte[] bytes) throws Exception {
        out.putNextEntry(new ZipEntry(name));
        ((OutputStream) out).write(bytes);
        out.closeEntry();
    }

    private Rewrite() {}
}
