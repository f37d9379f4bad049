package ai.mariner.archive;

import ai.mariner.core.config.AwsCredentials;
import ai.mariner.core.config.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests for objects of S3 (AWS Signature Version 4), whose bodies may be encrypted with
 * keys of KMS.
 *
 * @param credentials what with
 */
record S3Signer(AwsCredentials credentials) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String END = "aws4_request";

  /**
   * The headers that a GET needs.
   *
   * @param uri in ASCII
   * @param host as the header {@code Host} has it
   * @param now time of the request
   */
  Map<String, String> headers(URI uri, String host, Instant now) {
    String time = TIME.format(now);
    String scope = String.join("/", time.substring(0, 8), credentials.region(), "s3", END);
    Map<String, String> headers = new TreeMap<>();
    headers.put("host", host);
    headers.put("x-amz-content-sha256", sha256(""));
    headers.put("x-amz-date", time);
    Secret token = credentials.token();
    if (token != null) {
      headers.put("x-amz-security-token", token.text());
    }
    String names = String.join(";", headers.keySet());
    String lines =
        headers.entrySet().stream()
            .map(header -> header.getKey() + ':' + header.getValue() + '\n')
            .collect(Collectors.joining());
    String request = String.join("\n", "GET", path(uri), query(uri), lines, names, sha256(""));
    String signature = sign(String.join("\n", ALGORITHM, time, scope, sha256(request)), scope);
    headers.remove("host");
    headers.put(
        "Authorization",
        ALGORITHM
            + " Credential="
            + credentials.keyId()
            + '/'
            + scope
            + ", SignedHeaders="
            + names
            + ", Signature="
            + signature);
    return headers;
  }

  private static String path(URI uri) {
    String path = uri.getRawPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  private static String query(URI uri) {
    String query = uri.getRawQuery();
    return query == null || query.isEmpty()
        ? ""
        : Arrays.stream(query.split("&"))
            .map(pair -> pair.contains("=") ? pair : pair + '=')
            .sorted()
            .collect(Collectors.joining("&"));
  }

  private String sign(String text, String scope) {
    byte[] key = ("AWS4" + credentials.secretKey().text()).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/", -1)) {
      key = hmac(key, part);
    }
    return HexFormat.of().formatHex(hmac(key, text));
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has HmacSHA256", e);
    }
  }

  private static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
