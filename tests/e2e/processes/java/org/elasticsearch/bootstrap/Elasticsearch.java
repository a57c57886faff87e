package org.elasticsearch.bootstrap;

/** Stands in for a server that is known to install a Security Manager: it has its name, and nothing else of it. */
public class Elasticsearch {
    public static void main(String[] args) throws Exception {
        Class.forName("InCode").getMethod("main", String[].class).invoke(null, (Object) args);
    }
}
