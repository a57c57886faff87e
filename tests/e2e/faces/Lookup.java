import javax.naming.InitialContext;
import javax.naming.NamingException;

/** What a vulnerable logger does with "${jndi:URL}": a lookup of each argument. Prints the exception's class. */
public class Lookup {
    public static void main(String[] urls) throws Exception {
        for (String url : urls) {
            try {
                System.out.println("found " + new InitialContext().lookup(url));
            } catch (NamingException e) {
                System.out.println(e.getClass().getSimpleName());
            }
        }
    }
}
