"""What nmap's version detection calls each face."""
import re

import face_case
from face_case import Case

# port: service, and what the product's name begins with
NAMES = {21: ("ftp", "vsftpd 3.0.3"), 22: ("ssh", "OpenSSH 9.2p1 Debian"), 23: ("telnet", "Linux telnetd"), 25: ("smtp", "Postfix smtpd"),
         389: ("ldap", "OpenLDAP"), 445: ("netbios-ssn", "Samba smbd"), 1099: ("java-rmi", "Java RMI"), 3306: ("mysql", "MySQL 5.5.5-10.11.6-MariaDB"),
         3389: ("ms-wbt-server", "xrdp"), 5432: ("postgresql", "PostgreSQL DB 15"), 5900: ("vnc", "VNC (protocol 3.8)"),
         6379: ("redis", "Redis key-value store 7.0.15"), 8080: ("http", "Apache Tomcat 9"), 9200: ("http", "Elasticsearch REST API 6.8.20"), 27017: ("mongodb", "MongoDB 5.0.24")}


class Nmap(Case):
    def test_every_face_has_its_name(self):
        face_case.DEADLINE = 280
        out = self.run_client("nmap", "-n", "-Pn", "-sT", "-sV", "-p", ",".join(map(str, NAMES)), "127.0.0.1", status=0)
        seen = {int(m[1]): (m[2], m[3]) for m in re.finditer(r"^(\d+)/tcp +open +(\S+) *(.*)$", out, re.M)}
        for port, (service, product) in NAMES.items():
            with self.subTest(port=port):
                self.assertEqual(seen[port][0], service, out)
                self.assertTrue(seen[port][1].startswith(product), seen[port])


if __name__ == "__main__":
    face_case.main(["nmap"])
