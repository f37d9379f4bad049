package ai.mariner.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.Secret;
import ai.mariner.core.config.TlsConfig;
import ai.mariner.core.config.TlsConfig.ClientCertificates;
import ai.mariner.core.config.TlsConfig.KeyStoreFile;
import ai.mariner.core.config.TlsConfig.Keys;
import ai.mariner.core.config.TlsConfig.PemFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With keys as OpenSSL writes them. */
class TlsMaterialTest {
  @TempDir Path folder;

  private void openssl(String line) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(line.split(" ")));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("openssl.log").toFile())
            .start();
    assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("openssl.log"))).isZero();
  }

  private void certificate(String algorithm) throws IOException, InterruptedException {
    openssl(
        "req -x509 -nodes -days 30 -subj /CN=localhost -keyout key.pem -out cert.pem -newkey "
            + algorithm);
  }

  private TlsMaterial read(String key, @Nullable String password) throws UnusableTlsException {
    Secret secret = password == null ? null : new Secret(password);
    return read(new PemFiles(folder.resolve("cert.pem"), folder.resolve(key), secret));
  }

  private static TlsMaterial read(Keys keys) throws UnusableTlsException {
    return TlsMaterial.read(
        new TlsConfig(
            keys,
            ClientCertificates.NONE,
            null,
            List.of(TlsConfig.TLS_1_3),
            Duration.ofSeconds(10)));
  }

  @ParameterizedTest
  @CsvSource({
    "rsa:2048, pkey -in key.pem -out other.pem",
    "rsa:2048, rsa -traditional -in key.pem -out other.pem",
    "rsa:4096, rsa -traditional -in key.pem -out other.pem",
    "ec -pkeyopt ec_paramgen_curve:P-256, ec -in key.pem -out other.pem",
    "ec -pkeyopt ec_paramgen_curve:P-521, ec -in key.pem -out other.pem",
    "ed25519, pkey -in key.pem -out other.pem",
  })
  void readsEachFormOfKeys(String algorithm, String conversion) throws Exception {
    certificate(algorithm);
    openssl(conversion);
    assertThat(read("other.pem", null).chain()).hasSize(1);
  }

  @Test
  void readsKeysWithAPassword() throws Exception {
    certificate("rsa:2048");
    openssl("pkcs8 -topk8 -in key.pem -out secret.pem -passout pass:sesame");
    assertThat(read("secret.pem", "sesame").chain()).hasSize(1);
    assertThatThrownBy(() -> read("secret.pem", "wrong"))
        .isInstanceOf(UnusableTlsException.class)
        .hasMessageStartingWith("private_key_pass: *** does not open ");
    assertThatThrownBy(() -> read("secret.pem", null))
        .hasMessageContaining("its key is encrypted (expected: private_key_pass is set)");
    openssl("rsa -traditional -aes128 -passout pass:sesame -in key.pem -out old.pem");
    assertThatThrownBy(() -> read("old.pem", "sesame"))
        .hasMessageContaining("openssl pkcs8 -topk8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PKCS12", "JKS"})
  void readsKeyStores(String type) throws Exception {
    certificate("rsa:2048");
    openssl("pkcs12 -export -in cert.pem -inkey key.pem -passout pass:sesame -out keys.p12");
    Path store = folder.resolve("keys.p12");
    if (type.equals("JKS")) {
      store = asJks(store);
    }
    assertThat(read(new KeyStoreFile(store, new Secret("sesame"), type)).chain()).hasSize(1);
    KeyStoreFile wrong = new KeyStoreFile(store, new Secret("wrong"), type);
    assertThatThrownBy(() -> read(wrong))
        .hasMessageStartingWith("keystore_pass: *** does not open ");
  }

  private Path asJks(Path store) throws Exception {
    Path target = folder.resolve("keys.jks");
    char[] password = "sesame".toCharArray();
    var keys = java.security.KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(store)) {
      keys.load(in, password);
    }
    String alias = keys.aliases().nextElement();
    var jks = java.security.KeyStore.getInstance("JKS");
    jks.load(null, password);
    jks.setKeyEntry(
        "server", keys.getKey(alias, password), password, keys.getCertificateChain(alias));
    try (var out = Files.newOutputStream(target)) {
      jks.store(out, password);
    }
    return target;
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() throws Exception {
    certificate("rsa:2048");
    openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pem");
    assertThatThrownBy(() -> read("other.pem", null))
        .hasMessageContaining("its key does not belong to the certificate in certificate_file");
  }

  @Test
  void aChainInTheWrongOrderIsNamed() throws Exception {
    certificate("rsa:2048");
    String own = Files.readString(folder.resolve("cert.pem"));
    openssl(
        "req -x509 -nodes -days 30 -subj /CN=other -keyout k2.pem -out cert.pem -newkey rsa:2048");
    Path chain = folder.resolve("cert.pem");
    Files.writeString(chain, Files.readString(chain) + own);
    assertThatThrownBy(() -> read("key.pem", null))
        .hasMessageContaining("(expected: the server's certificate first, then those of its");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nothing here | no private key in it",
        "-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY----- | damaged",
        "-----BEGIN RSA PRIVATE KEY-----AAAA-----END RSA PRIVATE KEY----- | damaged",
        "-----BEGIN EC PRIVATE KEY-----AAAA-----END EC PRIVATE KEY----- | its curve",
        "-----BEGIN EC PRIVATE KEY-----MIL/-----END EC PRIVATE KEY----- | its curve",
        "-----BEGIN DSA PRIVATE KEY-----AAAA-----END DSA PRIVATE KEY----- | of no use",
      })
  void damagedKeysAreNamed(String text, String reason) throws Exception {
    certificate("rsa:2048");
    Files.write(folder.resolve("bad.pem"), text.getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> read("bad.pem", null))
        .hasMessageStartingWith("private_key_file: " + folder.resolve("bad.pem"))
        .hasMessageContaining(reason);
  }

  @Test
  void aMissingFileIsNamed() throws Exception {
    certificate("rsa:2048");
    assertThatThrownBy(() -> read("none.pem", null))
        .hasMessage(
            "private_key_file: "
                + folder.resolve("none.pem")
                + ": there is no such file (expected: an existing file)");
  }
}
