/** Installs a Security Manager by itself, as some servers do. */
public class InCode {
    @SuppressWarnings("removal")
    public static void main(String[] args) throws Exception {
        System.setSecurityManager(new SecurityManager() {
            @Override public void checkPermission(java.security.Permission p) { }
        });
        Holder.hold();
    }
}
