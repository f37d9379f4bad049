/**
 * Bearer tokens: the keys, their file and their life.
 *
 * <p>Starting points: {@link ai.mariner.server.access.TokenAuthority} (tokens that the server
 * makes), {@link ai.mariner.server.access.GivenTokens} (tokens of the operator's).
 */
@NullMarked
package ai.mariner.server.access;

import org.jspecify.annotations.NullMarked;
