/* What C needs of gcc's unwinder: pthread_exit and a cancelled thread go through it, to
   have each cleanup handler called on the way out. If it says "end of stack" at once,
   uClibc does that by longjmp, and nothing has to be unwound. (gcc's own is hard-float on
   MIPS, and asks glibc where the tables are.) */
#include <stdlib.h>
#include <unwind.h>

_Unwind_Reason_Code _Unwind_ForcedUnwind(struct _Unwind_Exception *exception, _Unwind_Stop_Fn stop, void *argument)
{
    stop(1, _UA_FORCE_UNWIND | _UA_CLEANUP_PHASE | _UA_END_OF_STACK, exception->exception_class, exception, 0, argument);
    abort();
}

_Unwind_Word _Unwind_GetCFA(struct _Unwind_Context *context) { return 0; }

/* Only an unwinder gets to these. uClibc for ARM brings some, for shared programs. */
void _Unwind_Resume(struct _Unwind_Exception *exception) { abort(); }
void __gcc_personality_v0(void) { abort(); }
#ifdef __arm__
#pragma weak __aeabi_unwind_cpp_pr0
#pragma weak __aeabi_unwind_cpp_pr1
#pragma weak __aeabi_unwind_cpp_pr2
void __aeabi_unwind_cpp_pr0(void) { abort(); }
void __aeabi_unwind_cpp_pr1(void) { abort(); }
void __aeabi_unwind_cpp_pr2(void) { abort(); }
#endif
