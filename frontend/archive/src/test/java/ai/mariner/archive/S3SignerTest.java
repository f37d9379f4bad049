package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.AwsCredentials;
import ai.mariner.core.config.Secret;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The examples of Amazon's documentation. */
class S3SignerTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE",
          "AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
          "AWS_DEFAULT_REGION", "us-east-1");
  private static final Instant NOW = Instant.parse("2013-05-24T00:00:00Z");
  private static final String HOST = "examplebucket.s3.amazonaws.com";

  private static AwsCredentials credentials() {
    AwsCredentials found = AwsCredentials.of(ENVIRONMENT);
    if (found == null) {
      throw new AssertionError("no credentials in " + ENVIRONMENT);
    }
    return found;
  }

  @ParameterizedTest
  @CsvSource({
    "?lifecycle, fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    "?max-keys=2&prefix=J, 34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    "?prefix=J&max-keys=2, 34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  })
  void signsAsAmazonDoes(String query, String signature) {
    URI uri = URI.create("https://" + HOST + "/" + query);
    assertThat(new S3Signer(credentials()).headers(uri, HOST, NOW))
        .containsEntry("x-amz-date", "20130524T000000Z")
        .doesNotContainKeys("host", "x-amz-security-token")
        .containsEntry(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                + " SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
                + signature);
  }

  @Test
  void theTokenOfASessionIsSignedToo() {
    AwsCredentials session =
        new AwsCredentials("id", new Secret("secret"), new Secret("token"), "eu-west-1");
    Map<String, String> headers =
        new S3Signer(session).headers(URI.create("https://b/m.mar"), "b", NOW);
    assertThat(headers).containsEntry("x-amz-security-token", "token");
    assertThat(headers.get("Authorization"))
        .contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,");
  }

  @Test
  void halfOfTheCredentialsIsNone() {
    for (String name : ENVIRONMENT.keySet()) {
      Map<String, String> without = new java.util.HashMap<>(ENVIRONMENT);
      without.remove(name);
      assertThat(AwsCredentials.of(without)).isNull();
    }
    assertThat(credentials().toString()).doesNotContain("wJalrXUtnFEMI");
  }
}
