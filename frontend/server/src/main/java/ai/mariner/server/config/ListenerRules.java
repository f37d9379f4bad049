package ai.mariner.server.config;

import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.TlsConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks the listeners against each other and against the outer world.
 *
 * @param inference REST inference
 * @param management REST management
 * @param metrics REST metrics, if any
 * @param grpcInference gRPC inference
 * @param grpcManagement gRPC management
 */
record ListenerRules(
    ListenerAddress inference,
    ListenerAddress management,
    @Nullable ListenerAddress metrics,
    ListenerAddress grpcInference,
    ListenerAddress grpcManagement) {
  private static final String GRPC = "grpc_";
  private static final Set<String> ANY_HOST = Set.of("0.0.0.0", "::", "0:0:0:0:0:0:0:0");

  /**
   * Reports listeners that ask for the same socket; inference and management may share one, over
   * REST and over gRPC.
   */
  void checkConflicts(Findings findings) {
    List<Named> all = all();
    for (int i = 0; i < all.size(); i++) {
      for (int j = i + 1; j < all.size(); j++) {
        Named first = all.get(i);
        Named second = all.get(j);
        boolean shared =
            first.key.endsWith("inference_address")
                && second.key.equals(first.key.replace("inference", "management"))
                && first.address.equals(second.address);
        if (!shared && overlap(first.address, second.address)) {
          findings.malformed(
              second.key,
              second.text(),
              "an address that " + first.key + " (" + first.text() + ") does not take");
        }
      }
    }
  }

  /**
   * Reports listeners that other machines can reach without a token. A client's certificate is as
   * good as one; TLS alone keeps others from listening, not from calling.
   */
  void checkExposure(
      Findings findings, Profile profile, boolean tokenAuthorization, boolean allowInsecure) {
    for (Named listener : all()) {
      if (AddressText.isLoopback(listener.address)) {
        continue;
      }
      String where = listener.key + ": " + listener.text();
      if (listener.address.equals(metrics)) {
        findings.warning(where + " is open to other machines; metrics are never behind a token");
        continue;
      }
      if (!tokenAuthorization && !asksForCertificates(listener.address)) {
        boolean allowed =
            profile.openListeners() || allowInsecure || listener.address.tls() != null;
        reportOpen(findings, where, allowed);
      }
    }
  }

  private static void reportOpen(Findings findings, String where, boolean allowed) {
    if (allowed) {
      findings.warning(
          where
              + " is open to other machines and asks for no token: whoever reaches it can use it");
    } else {
      findings.problem(
          where
              + " (expected: a loopback address, or disable_token_authorization=false, or TLS, or"
              + " --allow-insecure)");
    }
  }

  private static boolean asksForCertificates(ListenerAddress address) {
    TlsConfig tls = address.tls();
    return tls != null && tls.clients() == TlsConfig.ClientCertificates.REQUIRED;
  }

  private List<Named> all() {
    List<Named> all = new ArrayList<>();
    all.add(new Named("inference_address", inference));
    all.add(new Named("management_address", management));
    if (metrics != null) {
      all.add(new Named("metrics_address", metrics));
    }
    all.add(new Named(GRPC + "inference_address", grpcInference));
    all.add(new Named(GRPC + "management_address", grpcManagement));
    return all;
  }

  private static boolean overlap(ListenerAddress first, ListenerAddress second) {
    if (first.unixPath() != null || second.unixPath() != null) {
      return first.equals(second);
    }
    String host = first.host();
    String otherHost = second.host();
    return first.port() != 0
        && first.port() == second.port()
        && host != null
        && otherHost != null
        && (host.equals(otherHost) || ANY_HOST.contains(host) || ANY_HOST.contains(otherHost));
  }

  private record Named(String key, ListenerAddress address) {
    /** A gRPC address is written without a scheme. */
    String text() {
      return key.startsWith(GRPC) ? address.hostAndPort() : address.toString();
    }
  }
}
