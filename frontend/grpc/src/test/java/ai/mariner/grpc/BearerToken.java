package ai.mariner.grpc;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.testing.ScopeTokens;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

/** Calls with a token of {@link ScopeTokens}. */
final class BearerToken {
  private BearerToken() {}

  /** Adds the token of a scope to calls. */
  static ClientInterceptor of(TokenScope scope) {
    Metadata metadata = new Metadata();
    metadata.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        ScopeTokens.bearer(scope));
    return MetadataUtils.newAttachHeadersInterceptor(metadata);
  }
}
