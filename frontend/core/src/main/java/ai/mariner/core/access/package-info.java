/**
 * Who may call: bearer tokens by scope.
 *
 * <p>Starting points: {@link ai.mariner.core.access.AccessPolicy}.
 */
@NullMarked
package ai.mariner.core.access;

import org.jspecify.annotations.NullMarked;
