; What the Windows installer does beside copying files. The names are those of server/daemon/windows-firewall.ts and
; server/daemon/windows-task.ts; a test compares them.

!define MILLRACE_FIREWALL_RULE "Millrace (apps on the network)"
!define MILLRACE_TASK "\Millrace\millrace"

; A service that runs holds the files that are about to be replaced or removed. It starts again with the machine, or within a
; minute where it is only being updated.
!macro millraceEndService
  nsExec::Exec 'schtasks.exe /Change /TN "${MILLRACE_TASK}" /DISABLE'
  Pop $0
  nsExec::Exec 'schtasks.exe /End /TN "${MILLRACE_TASK}"'
  Pop $0
!macroend

!macro customUnInit
  !insertmacro millraceEndService
!macroend

!macro customInstall
  nsExec::Exec 'schtasks.exe /Change /TN "${MILLRACE_TASK}" /ENABLE'
  Pop $0
!macroend

; An update runs the old uninstaller too: the rule and the service are the owner's decision and stay.
!macro customUnInstall
  ${ifNot} ${isUpdated}
    nsExec::Exec 'netsh.exe advfirewall firewall delete rule name="${MILLRACE_FIREWALL_RULE}"'
    Pop $0
    nsExec::Exec 'schtasks.exe /Delete /TN "${MILLRACE_TASK}" /F'
    Pop $0
  ${endIf}
!macroend
