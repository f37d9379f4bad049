package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import ai.mariner.core.config.Secret;
import ai.mariner.core.config.TlsConfig;
import ai.mariner.core.config.TlsConfig.ClientCertificates;
import ai.mariner.core.config.TlsConfig.KeyStoreFile;
import ai.mariner.core.config.TlsConfig.Keys;
import ai.mariner.core.config.TlsConfig.PemFiles;
import ai.mariner.net.UnusableTlsException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the TLS of the listeners and reports what is wrong with its files; each file is read once.
 *
 * @param settings the table
 * @param values what was given
 * @param findings where problems go
 * @param profile whether an expired certificate is one
 * @param machine reads the files
 * @param folder working directory, from which paths are relative
 */
record TlsRules(
    TlsSettings settings,
    Values values,
    Findings findings,
    Profile profile,
    Machine machine,
    Path folder) {
  private static final String EXPECTED_KEYS =
      "certificate_file and private_key_file, or keystore, with the server's certificate; or no"
          + " TLS";

  /** REST takes the key store, and the files only where there is none, as TorchServe does. */
  @Nullable TlsConfig rest(Setting<?> listener) {
    Keys keys = store();
    return config(listener, keys == null ? files() : keys);
  }

  /** gRPC takes the files, and the key store only where there are none. */
  @Nullable TlsConfig grpc(Setting<?> listener) {
    Keys keys = files();
    return config(listener, keys == null ? store() : keys);
  }

  /** Reads the files of all that speak TLS; a problem of several is told once. */
  void check(List<@Nullable TlsConfig> configs) {
    Set<TlsConfig> distinct = new HashSet<>();
    for (TlsConfig config : configs) {
      if (config == null || !distinct.add(config)) {
        continue;
      }
      try {
        String untimely = machine.tls().read(config).untimely(Instant.now());
        if (untimely != null && profile.untimelyCertificatesFail()) {
          findings.problem(untimely);
        } else if (untimely != null) {
          findings.warning(untimely + "; clients will refuse it");
        }
      } catch (UnusableTlsException e) {
        findings.problem(String.valueOf(e.getMessage()));
      }
    }
  }

  private @Nullable TlsConfig config(Setting<?> listener, @Nullable Keys keys) {
    if (keys == null) {
      if (!anyKeyGiven()) {
        values.malformed(listener, EXPECTED_KEYS);
      }
      return null;
    }
    Path authorities = values.given(settings.clientCaFile);
    return new TlsConfig(
        keys,
        clients(authorities != null),
        authorities == null ? null : folder.resolve(authorities),
        values.get(settings.leastVersion).equals("1.3")
            ? List.of(TlsConfig.TLS_1_3)
            : List.of(TlsConfig.TLS_1_3, TlsConfig.TLS_1_2),
        values.get(settings.reloadInterval));
  }

  private ClientCertificates clients(boolean authorities) {
    String given = values.given(settings.clientCertificates);
    if (given == null) {
      return authorities ? ClientCertificates.REQUIRED : ClientCertificates.NONE;
    }
    return ClientCertificates.valueOf(given.toUpperCase(Locale.ROOT));
  }

  /** What is missing of two files; everything else about given keys has been said already. */
  void checkPairs(boolean secured) {
    if (!secured) {
      return;
    }
    checkPair(settings.certificateFile, settings.privateKeyFile);
    checkPair(settings.privateKeyFile, settings.certificateFile);
    String clients = values.given(settings.clientCertificates);
    if (clients != null && !clients.equals("none") && !values.isGiven(settings.clientCaFile)) {
      values.malformed(
          settings.clientCertificates, "client_ca_file is set too, or client_certificates=none");
    }
  }

  private void checkPair(Setting<Path> one, Setting<Path> other) {
    if (values.isGiven(one) && !values.isGiven(other)) {
      values.malformed(one, other.key() + " is set too");
    }
  }

  private boolean anyKeyGiven() {
    return values.isGiven(settings.keystore)
        || values.isGiven(settings.certificateFile)
        || values.isGiven(settings.privateKeyFile);
  }

  private @Nullable Keys store() {
    Path path = values.given(settings.keystore);
    return path == null
        ? null
        : new KeyStoreFile(
            folder.resolve(path),
            new Secret(values.get(settings.keystorePass)),
            values.get(settings.keystoreType));
  }

  private @Nullable Keys files() {
    Path certificate = values.given(settings.certificateFile);
    Path key = values.given(settings.privateKeyFile);
    if (certificate == null || key == null) {
      return null;
    }
    String password = values.given(settings.privateKeyPass);
    return new PemFiles(
        folder.resolve(certificate),
        folder.resolve(key),
        password == null ? null : new Secret(password));
  }
}
